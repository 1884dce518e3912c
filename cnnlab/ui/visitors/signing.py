"""Names that only this server can have given: signed with a key that is kept in the user's folder."""

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from itsdangerous import BadSignature, Signer

from cnnlab.home import default_folder

KEY_BYTES = 32


def key_file(folder: Path) -> Path:
    """The file with the key; whoever can read it can act as any visitor."""
    return folder / "visitors.key"


def signed(name: str) -> str:
    """The name with its signature."""
    return _signer(default_folder()).sign(name).decode()


def name_in(text: str) -> str | None:
    """The name in a text of `signed`; None if its signature is not from here."""
    try:
        return _signer(default_folder()).unsign(text).decode()
    except BadSignature:
        return None


def secret_name(text: str) -> str:
    """A name that is always the same for this text, and that nobody else can work out."""
    return _signer(default_folder()).get_signature(text).decode()


def token_for(purpose: str, name: str) -> str:
    """What a page gives the browser of the visitor of that name, so that its requests for the purpose are known."""
    return _signer(default_folder(), purpose).get_signature(name).decode()


def is_token_for(purpose: str, name: str, token: str) -> bool:
    """Whether `token` is that of `token_for`."""
    return _signer(default_folder(), purpose).verify_signature(name, token)


def key_made_at() -> float:
    """When names began to be signed, in seconds since 1970; 0 where no key can be kept."""
    _signer(default_folder())
    with suppress(OSError):
        return key_file(default_folder()).stat().st_mtime
    return 0.0


@lru_cache(maxsize=8)
def _signer(folder: Path, purpose: str = "visitor") -> Signer:
    return Signer(_key(folder), salt=purpose, digest_method=sha256)


def _key(folder: Path) -> bytes:
    """The key of the folder, made when it is first needed; where nothing can be kept, of this process alone."""
    path, key = key_file(folder), secrets.token_bytes(KEY_BYTES)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        kept = path.read_bytes() if path.exists() else None
        if kept is not None and len(kept) == KEY_BYTES:
            return kept
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        if kept is not None:
            path.unlink()  # it is damaged
        with suppress(FileExistsError):  # another process was first
            os.link(new, path)
        return path.read_bytes()
    except OSError:
        return key
    finally:
        with suppress(OSError):
            new.unlink()
