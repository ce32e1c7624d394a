"""Which currencies are rubles."""

from typing import Final

RUBLES: Final = "RUB"
# The code of the time before 1998, which Russian systems still write.
OLD_RUBLES = "RUR"


def currency_code(text: str) -> str:
    """A code as the staging holds it: in capitals, and RUB for all rubles."""
    code = text.strip().upper()
    return RUBLES if code == OLD_RUBLES else code
