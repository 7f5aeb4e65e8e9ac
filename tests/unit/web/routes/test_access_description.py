"""The description of access in the OpenAPI document, for each mode."""

from typing import Any

import pytest

from app.main import create_app
from tests.logins import JWT_SETTINGS
from tests.service import make_settings

CODED: dict[str, Any] = {"access": "code", "access_codes": ("correct-horse-battery",)}


@pytest.mark.parametrize(
    ("mode", "security"),
    [
        ({}, None),
        (CODED, [{"bearer": []}, {"cookie": []}]),
        (JWT_SETTINGS, [{"bearer": []}, {"cookie": []}]),
        (JWT_SETTINGS | {"jwt_cookie": ""}, [{"bearer": []}]),
    ],
    ids=["open", "code", "jwt", "jwt without cookie"],
)
def test_description_names_the_credentials(mode: dict[str, Any], security: Any) -> None:
    """Generators of clients learn what to send: as bearer token, or in which cookie."""
    document = create_app(make_settings(**mode)).openapi()
    mint = document["paths"]["/api/voice-token"]["get"]

    assert mint.get("security") == security
    assert "security" not in document["paths"]["/api/agents"]["get"]
    assert set(document["components"].get("securitySchemes", {})) == {
        name for entry in security or [] for name in entry
    }


def test_description_has_entering_only_where_there_is_something_to_enter() -> None:
    """The path answers what it is asked in every mode, and takes codes in one."""
    paths = [
        create_app(make_settings(**mode)).openapi()["paths"]["/api/access"]
        for mode in ({}, CODED, JWT_SETTINGS)
    ]

    assert [sorted(path) for path in paths] == [["get"], ["delete", "get", "post"], ["get"]]
    assert {"204", "401", "403", "408", "413", "415", "422", "429"} <= set(
        paths[1]["post"]["responses"]
    )
