"""Several accounts behind one client: each token opens its own."""

import requests

from sandbox import ACCOUNT_ID, AGENCY_CLIENTS, CLIENT_ID, CLIENT_SECRET, Sandbox


def token(sandbox: Sandbox, **fields: str) -> requests.Response:
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **fields}
    return requests.post(f"{sandbox.url}/api/v2/oauth2/token.json", data=form, timeout=10)


def get(sandbox: Sandbox, path: str, access: str) -> dict[str, object]:
    reply = requests.get(f"{sandbox.url}/api/v2/{path}.json", headers={"Authorization": f"Bearer {access}"}, timeout=10)
    found: dict[str, object] = reply.json()
    return found


def test_each_account_has_its_own_ads_and_tokens(sandbox: Sandbox) -> None:
    seen: dict[int, set[int]] = {}
    grants = [{"grant_type": "client_credentials"}]
    grants += [{"grant_type": "agency_client_credentials", "agency_client_name": name} for name in AGENCY_CLIENTS]
    for grant in grants:
        access = token(sandbox, **grant).json()["access_token"]
        user = get(sandbox, "user", access)
        items = get(sandbox, "banners", access)["items"]
        assert isinstance(items, list)
        seen[int(str(user["id"]))] = {item["id"] for item in items}
    assert set(seen) == {ACCOUNT_ID, *AGENCY_CLIENTS.values()}
    assert sum(map(len, seen.values())) == len(set().union(*seen.values()))
    assert all(len(ads) >= 5 for ads in seen.values())


def test_five_tokens_per_client_and_user(sandbox: Sandbox) -> None:
    by_id = {"grant_type": "agency_client_credentials", "agency_client_id": str(AGENCY_CLIENTS["agency-two"])}
    statuses = [token(sandbox, **by_id).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [403]
    assert token(sandbox, grant_type="client_credentials").status_code == 200
    unknown = token(sandbox, grant_type="agency_client_credentials", agency_client_name="nobody")
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_request")


def test_a_refresh_ends_the_old_token(sandbox: Sandbox) -> None:
    first = token(sandbox, grant_type="client_credentials").json()
    second = token(sandbox, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert get(sandbox, "user", second["access_token"])["id"] == ACCOUNT_ID
    assert get(sandbox, "user", first["access_token"])["code"] == "invalid_token"
