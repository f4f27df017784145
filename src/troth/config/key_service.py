"""Which key service locks the epoch keys, by TROTH_KEY_SERVICE."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from .environment import SettingError, env_token
from .hosted_files import is_loopback

NAME = "TROTH_KEY_SERVICE"
TOKEN = "TROTH_KEY_SERVICE_TOKEN"  # noqa: S105 - the name of a setting


def key_service() -> dict[str, Any]:
    """The adapter and its options; nothing when epoch keys lie in clear in their folder.

    `transit+https://HOST:8200/MOUNT`, with the token in a file of its own, or `aws-kms://REGION`.  Raises SettingError.
    """
    url = os.environ.get(NAME, "")
    if not url:
        return {}
    try:
        parts = urlsplit(url)
        told = dict(parse_qsl(parts.query))
        if parts.scheme in ("transit+https", "transit+http") and parts.hostname and parts.port != 0:
            return _transit(parts, told)
    except ValueError:
        parts, told = urlsplit(""), {}
    if parts.scheme == "aws-kms" and parts.hostname:
        return _aws(parts.hostname, told.get("endpoint", ""))
    raise SettingError(f"{NAME} is no key service; give transit+https://HOST:8200/MOUNT or aws-kms://REGION")


def _transit(parts: SplitResult, told: dict[str, str]) -> dict[str, Any]:
    _want("hvac", "requirements/vault.txt")
    scheme = parts.scheme.removeprefix("transit+")
    _refuse_clear(scheme, parts.hostname or "")
    authority = told.get("ca", "")
    if authority and not Path(authority).is_file():
        raise SettingError(f"{NAME} names `{authority}`, which is no file; give the authority's certificate")
    token = env_token(TOKEN)
    if not token:
        raise SettingError(f"{TOKEN} is missing; name a file with the token of the key service")
    options = {
        "url": f"{scheme}://{parts.netloc.rpartition('@')[2]}", "mount": parts.path.strip("/") or "transit",
        "token": token, "namespace": told.get("namespace", ""), "authority": authority,
    }  # fmt: skip
    return {"BACKEND": "troth.gate.outbound.transit.Transit", "OPTIONS": options}


def _aws(region: str, endpoint: str) -> dict[str, Any]:
    _want("boto3", "requirements/s3.txt")
    if endpoint:
        where = urlsplit(endpoint)
        _refuse_clear(where.scheme, where.hostname or "")
    return {
        "BACKEND": "troth.gate.outbound.aws_kms.AwsKms",
        "OPTIONS": {"region": region, "endpoint": endpoint},
    }


def _refuse_clear(scheme: str, host: str) -> None:
    if scheme != "https" and not is_loopback(host):
        raise SettingError(f"{NAME} would go over the network without TLS; give https")


def _want(package: str, file: str) -> None:
    if find_spec(package) is None:
        raise SettingError(f"{NAME} needs the packages of {file}; install them, or leave it out")
