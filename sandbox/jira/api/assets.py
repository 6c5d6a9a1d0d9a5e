"""Assets, as Cloud and as Data Center have it."""

from __future__ import annotations

from typing import Any

from sandbox.jira.api.aql import object_test
from sandbox.jira.api.context import Instance
from sandbox.jira.api.render import timestamp
from sandbox.jira.jql import QueryError
from sandbox.jira.request import Request, missing, refused
from sandbox.jira.store.assets import AssetObject, Assets, Attribute, ObjectType
from sandbox.jira.store.values import AssetValue
from sandbox.serving.exchange import Reply, answer

_KINDS = {"text": 0, "integer": 1, "boolean": 2, "date": 4, "datetime": 6, "select": 10}


class AssetsApi:
    """The objects of one site."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def _assets(self, request: Request) -> Assets | None:
        assets = self._instance.site.assets
        workspace = request.part("workspace")
        return assets if assets is not None and workspace in ("", assets.workspace) else None

    def schemas(self, request: Request) -> Reply:
        """Answer the schemas with their number of objects."""
        assets = self._assets(request)
        if assets is None:
            return missing("Workspace")
        shown = []
        for number, (name, key) in assets.schemas.items():
            types = {type_.id for type_ in assets.types.values() if type_.schema == number}
            count = sum(each.type in types for each in assets.objects.values())
            content = {"id": str(number), "name": name, "objectSchemaKey": key, "objectCount": count}
            shown.append(content | {"objectTypeCount": len(types)})
        if self._instance.cloud:
            page = {"startAt": 0, "maxResults": 25, "total": len(shown), "isLast": True}
            return answer(200, page | {"values": shown})
        return answer(200, {"objectschemas": shown})

    def types(self, request: Request) -> Reply:
        """Answer the object types of a schema in one list."""
        assets = self._assets(request)
        if assets is None or not request.part("id").isdigit():
            return missing("Schema")
        schema = int(request.part("id"))
        counts = assets.counts()
        found = [each for each in assets.types.values() if each.schema == schema]
        return answer(200, [{**self._type(each), "objectCount": counts[each.id]} for each in found])

    def _type(self, type_: ObjectType) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": str(type_.id),
            "name": type_.name,
            "objectSchemaId": str(type_.schema),
            "abstractObjectType": not type_.parent and type_.schema == 1,
        }
        return shown | ({"parentObjectTypeId": str(type_.parent)} if type_.parent else {})

    def attributes(self, request: Request) -> Reply:
        """Answer the attributes of an object type."""
        assets = self._assets(request)
        type_ = assets.types.get(int(request.part("id"))) if assets and request.part("id").isdigit() else None
        if assets is None or type_ is None:
            return missing("Object type")
        return answer(200, [_attribute(assets, each) for each in assets.attributes(type_)])

    def search(self, request: Request) -> Reply:
        """Answer object/aql of Cloud: paged in the address, `isLast` and `total` as they are there."""
        assets = self._assets(request)
        if assets is None:
            return missing("Workspace")
        try:
            found = self._find(assets, str(request.asked("qlQuery") or ""))
        except QueryError as error:
            return refused(400, str(error))
        # only the address counts, whatever the body says
        start = int(request.parameters.get("startAt") or 0)
        size = min(int(request.parameters.get("maxResults") or 25), 100)
        part = found[start : start + size]
        most = self._instance.settings.limits.aql_total
        last = start + len(part) >= len(found)
        content = {
            "startAt": start,
            "maxResults": size,
            "total": min(len(found), most) if most else len(found),
            "isLast": "true" if last else "false",
            "values": [self._object(request, assets, each) for each in part],
            "objectTypeAttributes": self._described(assets, part),
        }
        reply = answer(200, content)
        reply.matched, reply.last = len(found), last
        return reply

    def count(self, request: Request) -> Reply:
        """Answer how many objects a query has, without a cap."""
        assets = self._assets(request)
        if assets is None:
            return missing("Workspace")
        try:
            return answer(200, {"totalCount": len(self._find(assets, str(request.asked("qlQuery") or "")))})
        except QueryError as error:
            return refused(400, str(error))

    def server_search(self, request: Request) -> Reply:
        """Answer aql/objects of Data Center: pages by number."""
        assets = self._assets(request)
        if assets is None or self._instance.cloud:
            return missing("Assets")
        try:
            found = self._find(assets, str(request.asked("qlQuery") or request.asked("iql") or ""))
        except QueryError as error:
            return refused(400, str(error))
        page = max(request.count("page", 1), 1)
        size = min(max(request.count("resultPerPage", 25), 1), 500)
        part = found[(page - 1) * size : page * size]
        content = {
            "objectEntries": [self._object(request, assets, each) for each in part],
            "objectTypeAttributes": self._described(assets, part),
            "pageNumber": page,
            "pageSize": -(-len(found) // size),
            "pageObjectSize": size,
            "totalFilterCount": len(found),
            "startIndex": (page - 1) * size + 1,
            "toIndex": (page - 1) * size + len(part),
        }
        return answer(200, content)

    def _find(self, assets: Assets, query: str) -> list[AssetObject]:
        test = object_test(assets, query)
        return [each for _, each in sorted(assets.objects.items()) if test(each)]

    def _described(self, assets: Assets, objects: list[AssetObject]) -> list[dict[str, Any]]:
        types = {each.type for each in objects}
        found = {a.id: a for number in types for a in assets.attributes(assets.types[number])}
        return [_attribute(assets, each) for each in found.values()]

    def one(self, request: Request) -> Reply:
        """Answer one object."""
        assets, found = self._named(request)
        if assets is None or found is None:
            return missing("Object")
        return answer(200, self._object(request, assets, found))

    def _named(self, request: Request) -> tuple[Assets | None, AssetObject | None]:
        assets, number = self._assets(request), request.part("id")
        return assets, assets.objects.get(int(number)) if assets and number.isdigit() else None

    def _object(self, request: Request, assets: Assets, each: AssetObject) -> dict[str, Any]:
        type_ = assets.types[each.type]
        zone = self._instance.settings.zone
        shown = {
            "workspaceId": assets.workspace,
            "globalId": f"{assets.workspace}:{each.id}",
            "id": str(each.id),
            "label": each.label,
            "objectKey": each.key,
            "objectType": self._type(type_),
            "created": timestamp(each.created, zone),
            "updated": timestamp(each.updated, zone),
            "hasAvatar": False,
            "attributes": [
                self._values(assets, each, attribute)
                for attribute in assets.attributes(type_)
                if attribute.id in each.values
            ],
        }
        return shown if self._instance.cloud else {k: v for k, v in shown.items() if k not in _CLOUD_ONLY}

    def _values(self, assets: Assets, each: AssetObject, attribute: Attribute) -> dict[str, Any]:
        values = [self._value(assets, attribute, text) for text in each.values[attribute.id]]
        number = f"{each.id}{attribute.id:04d}"
        kept = {"id": number, "objectTypeAttributeId": str(attribute.id), "objectId": str(each.id)}
        return {**kept, "objectAttributeValues": values}

    def _value(self, assets: Assets, attribute: Attribute, text: str) -> dict[str, Any]:
        shown = {"displayValue": text, "searchValue": text, "referencedType": False}
        if attribute.kind == "reference":
            other = assets.by_key(text)
            target = {"id": str(other.id), "label": other.label, "objectKey": text} if other else {}
            named = other.label if other else text
            return shown | {"referencedObject": target, "displayValue": named, "referencedType": True}
        if attribute.kind == "status":
            return shown | {"status": {"id": "1", "name": text, "category": 1}}
        if attribute.kind == "group":
            return shown | {"group": {"name": text}}
        if attribute.kind == "datetime":
            text = timestamp(int(text), self._instance.settings.zone)
            return {"value": text, "displayValue": text, "searchValue": text, "referencedType": False}
        return {"value": text, **shown}

    def history(self, request: Request) -> Reply:
        """Answer what was changed of an object."""
        assets, found = self._named(request)
        if assets is None or found is None:
            return missing("Object")
        names = {each.id: each.name for each in assets.attributes(assets.types[found.type])}
        zone = self._instance.settings.zone
        shown = [
            {
                "id": str(number),
                "affectedAttribute": names.get(attribute, ""),
                "oldValue": before,
                "newValue": after,
                "type": 1,
                "created": timestamp(at, zone),
                "actor": {"key": who, "displayName": who},
                "objectId": str(found.id),
            }
            for number, (at, who, attribute, before, after) in enumerate(found.history, 1)
        ]
        return answer(200, shown)

    def tickets(self, request: Request) -> Reply:
        """Answer the issues that name an object."""
        assets, found = self._named(request)
        if assets is None or found is None:
            return missing("Object")
        named = AssetValue(found.id, self._instance.site)
        tickets = [
            {"key": issue.key, "id": str(issue.id), "title": issue.fields.get("summary")}
            for issue in list(self._instance.site.issues.values())
            if any(isinstance(v, list) and named in v for v in issue.fields.values())
            and self._instance.shown(issue)
        ]
        return answer(200, {"tickets": tickets, "allTicketsQuery": f"object = {found.key}"})


_CLOUD_ONLY = frozenset({"workspaceId", "globalId"})


def _attribute(assets: Assets, attribute: Attribute) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(attribute.id),
        "name": attribute.name,
        "label": attribute.label,
        "type": {"reference": 1, "user": 2, "group": 4, "status": 7}.get(attribute.kind, 0),
        "minimumCardinality": int(attribute.required),
        "maximumCardinality": -1 if attribute.many else 1,
    }
    if attribute.kind in _KINDS:
        shown["defaultType"] = {"id": _KINDS[attribute.kind], "name": attribute.kind.capitalize()}
    if attribute.kind == "reference":
        shown["referenceType"] = {"id": "1", "name": attribute.reference or "Reference"}
        target = assets.types.get(attribute.target)
        shown["referenceObjectTypeId"] = str(target.id) if target else ""
    return shown
