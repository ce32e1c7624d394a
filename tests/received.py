"""What arrived in Telegram."""

from sandbox import Sandbox


def heads(sandbox: Sandbox) -> list[str]:
    """The first line of each message that arrived."""
    return [message["plain"].splitlines()[0] for message in sandbox.messages()]
