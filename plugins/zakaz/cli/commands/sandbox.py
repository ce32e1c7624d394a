"""bin/zakaz sandbox."""

import os

import click

from zakaz.cli import sandbox as process
from zakaz.environment import SANDBOX_PORT

port_option = click.option(
    "--port", type=click.IntRange(1, 65535), help=f"Port on 127.0.0.1, {SANDBOX_PORT} by default."
)
seed_option = click.option("--seed", type=int, help="Which made-up world, 1 by default.")


@click.group()
def sandbox() -> None:
    """Offline stand-ins for VK Ads, QTickets and the Telegram Bot API, with made-up data."""


@sandbox.command()
@port_option
@seed_option
def start(port: int | None, seed: int | None) -> None:
    """Start it in the background."""
    found = process.start(port, seed)
    print(f"sandbox: {found.url} (process {found.pid}); Telegram messages: {process.folder() / 'telegram.jsonl'}")


@sandbox.command()
def stop() -> None:
    """Stop it."""
    print("sandbox: stopped" if process.stop() else "sandbox: was not running")


@sandbox.command()
def status() -> int:
    """Say whether it runs; exits 1 if not."""
    found = process.running()
    print(f"sandbox: {found.url} (process {found.pid})" if found else "sandbox: not running; bin/zakaz sandbox start")
    return 0 if found else 1


@sandbox.command()
@click.option("--port", type=click.IntRange(1, 65535), default=SANDBOX_PORT, show_default=True)
@seed_option
def run(port: int, seed: int | None) -> None:
    """Run it in the foreground until Ctrl-C."""
    program = process.command(port, seed or process.DEFAULT_SEED)
    os.execve(program[0], program, process.program_environment())
