"""Names of canonical columns as a configuration writes them: `incident.category`."""

from __future__ import annotations

from config.values import setting_error


def field_default_column(value: object) -> str:
    """Return the name of a mapped column; a free text is named without `_length` and `_fingerprint`."""
    from storage.records import KINDS

    kind_name, _, column = value.partition(".") if isinstance(value, str) else ("", "", "")
    kind = KINDS.get(kind_name)
    if kind is None:
        among = [name for name in KINDS if name != kind_name]
        raise setting_error(
            value, "is not a column (write it as incident.category)", among=_columns(among, column)
        )
    names = [f"{kind_name}.{_base(one.name)}" for one in kind.mapped]
    if f"{kind_name}.{column}" not in names:
        raise setting_error(value, f"is not a column of {kind_name}", among=names)
    return f"{kind_name}.{column}"


def _columns(kinds: list[str], column: str) -> list[str]:
    return [f"{kind}.{column}" for kind in kinds]


def _base(column: str) -> str:
    return column.removesuffix("_fingerprint").removesuffix("_length")
