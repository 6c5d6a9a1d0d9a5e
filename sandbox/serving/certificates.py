"""A throw-away certificate authority for one simulated platform."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Literal

Security = bool | Literal["mutual"]


class Certificates:
    """Files in `folder`: the authority's certificate, and with mutual TLS one for a client."""

    def __init__(self, folder: Path, *, mutual: bool = False) -> None:
        import trustme  # heavy, and only needed with TLS

        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)
        self.client: Path | None = None
        if mutual:
            self.client = folder / "client.pem"
            authority.issue_cert("maturity.reader").private_key_and_cert_chain_pem.write_to_path(
                str(self.client)
            )
            authority.configure_trust(self.context)
            # a client without one is let in and must authenticate another way
            self.context.verify_mode = ssl.CERT_OPTIONAL
