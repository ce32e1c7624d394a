"""Where people open Airflow's UI, and the status page in it."""

PATH = "/zakaz/status"


def base_url() -> str:
    """The address as people open it, without a slash at the end; empty if none is set."""
    from airflow.configuration import conf

    return (conf.get("api", "base_url", fallback="") or "").rstrip("/")
