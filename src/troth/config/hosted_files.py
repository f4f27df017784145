"""Where whole files lie, by TROTH_FILES_URL: Django's storage `hosted`."""

import os
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .environment import SettingError


def hosted(name: str, folder: Path) -> dict[str, Any]:
    """Django's storage of whole files: the folder, or the bucket of an `s3://KEY:SECRET@host/bucket/prefix?region=…` URL.

    `s3+http` is for a gateway on this machine.  Raises SettingError, which does not repeat the URL: it holds a secret.
    """
    url = os.environ.get(name, "")
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    bucket, _, prefix = parts.path.strip("/").partition("/")
    if parts.scheme not in ("s3", "s3+http") or not all((host, bucket, parts.username, parts.password)):
        raise SettingError(f"{name} is no bucket; give s3://KEY:SECRET@host/bucket/prefix?region=NAME")
    if parts.scheme == "s3+http" and not is_loopback(host):
        raise SettingError(f"{name} would go over the network without TLS; give s3:// instead of s3+http://")
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise SettingError(f"{name} needs the packages of requirements/s3.txt; install them, or leave it out")
    where = (
        ("http" if parts.scheme == "s3+http" else "https") + "://" + (f"[{host}]" if ":" in host else host)
    )
    options = {
        "bucket_name": bucket, "location": unquote(prefix), "endpoint_url": f"{where}:{port}" if port else where,
        "access_key": unquote(parts.username or ""), "secret_key": unquote(parts.password or ""),
        "region_name": dict(parse_qsl(parts.query)).get("region", "us-east-1"),
    }  # fmt: skip
    return {"BACKEND": "troth.gate.outbound.bucket.Bucket", "OPTIONS": options}


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, where nobody listens on the way."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
