"""Texts as others take them. Python keeps half of a character, and a byte that is no UTF-8, as a lone surrogate."""


def utf8(text: str) -> bytes:
    """The text as UTF-8, with U+FFFD for each lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def well_formed(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    return utf8(text).decode()
