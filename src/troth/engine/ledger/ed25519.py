"""Checking Ed25519 signatures (RFC 8032, 5.1.7) with the standard library alone.

It handles public values only, so it need not run in constant time; signing is `sign`'s work.
"""

from hashlib import sha512

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, P) % P
_ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z (RFC 8032, 5.1.4)."""
_NEUTRAL: Point = (0, 1, 1, 0)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is the key's (32 bytes) over the message.  Malformed input gives False.

    Refused beyond the bare equation: S outside the group order, a key that is no point or not in canonical
    form, and keys of small order, under which one signature fits many messages.  R is compared as bytes, so
    it too has one form only.
    """
    if len(public) != 32 or len(signature) != 64:
        return False
    key = decode(public)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= ORDER or _is_neutral(_multiply(8, key)):
        return False
    challenge = sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(challenge, "little") % ORDER
    # S*B = R + k*A, so R = S*B + k*(-A)
    return _encode(_add(_multiply(s, _BASE), _multiply(k, _negative(key)))) == signature[:32]


def _add(a: Point, b: Point) -> Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * _D % P
    h = 2 * a[2] * b[2] % P
    p, q, r, s = f - e, h - g, h + g, f + e
    return p * q % P, r * s % P, q * r % P, p * s % P


def _multiply(factor: int, point: Point) -> Point:
    result = _NEUTRAL
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result


def _negative(point: Point) -> Point:
    return -point[0] % P, point[1], point[2], -point[3] % P


def _is_neutral(point: Point) -> bool:
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def decode(data: bytes) -> Point | None:
    """The point that 32 bytes encode; None when they encode none, or not in canonical form (RFC 8032, 5.1.3)."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    x = _x_of(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def _x_of(y: int, sign: int) -> int | None:
    # RFC 8032, 5.1.3: x*x = (y*y - 1) / (d*y*y + 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return x if x & 1 == sign else P - x


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_decoded_base = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert _decoded_base is not None  # noqa: S101 - a fact about the curve, not about input
_BASE: Point = _decoded_base
