"""openapi.json is valid, and what the API answers to anything is what it says: no other status, no other shape."""

import asyncio
import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from handlers.api.limits import RateLimits
from handlers.api.openapi import openapi
from handlers.api.registry import ROUTES
from handlers.api.routes import BASE
from tests.builders import make_loan
from tests.wire.api_client import issue
from tests.wire.office_day import Slack

EXAMPLES = {"sqlite": 6, "postgres": 3}
"""How many requests each operation gets, well formed and not: fewer where only what the other database makes of them is new."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def test_the_document_is_valid() -> None:
    document = json.loads(json.dumps(openapi(ROUTES)))

    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_no_answer_may_have_more_than_the_document_says() -> None:
    schemas = openapi(ROUTES)["components"]["schemas"]
    shapes = [schema for schema in schemas.values() if schema.get("type") == "object"]

    assert shapes
    assert all(schema["additionalProperties"] is False for schema in shapes)
    assert "nullable" not in json.dumps(schemas)


def test_every_route_is_documented_with_its_scopes_and_problems() -> None:
    paths = openapi(ROUTES)["paths"]

    assert {(route.path, route.method.lower()) for route in ROUTES} == {
        (path, method) for path, methods in paths.items() for method in methods
    }
    for route in ROUTES:
        operation = paths[route.path][route.method.lower()]
        assert all(scope in operation["description"] for scope in route.scopes)
        assert {"400", "401", "403", "429", "500", "503"} <= operation["responses"].keys()


@pytest.mark.every_example
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["well formed", "malformed"])
async def test_whatever_is_asked_the_answer_is_documented(
    slack: Slack, mode: GenerationMode, database_url: str
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    assert slack.service.server is not None
    assert slack.service.server._api is not None  # pyright: ignore[reportPrivateUsage]
    slack.service.server._api.made()._limits = RateLimits(100_000)  # pyright: ignore[reportPrivateUsage]
    token = await issue(slack)
    examples = EXAMPLES["sqlite" if database_url.startswith("sqlite") else "postgres"]

    asked = await asyncio.to_thread(_ask, slack.service.port, token, mode, examples)

    assert asked == {route.name for route in ROUTES}


def _ask(port: int, token: str, mode: GenerationMode, examples: int) -> set[str]:
    """Send each operation requests that are made from the document, and check the answers against it."""
    document = json.loads(json.dumps(openapi(ROUTES)))
    schema = schemathesis.openapi.from_dict(document)
    asked: set[str] = set()
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # pyright: ignore[reportAttributeAccessIssue]
        asked.add(f"{operation.method.upper()} {operation.path}")

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Any) -> None:
            headers = {"Authorization": f"Bearer {token}"}
            response = case.call(base_url=f"http://127.0.0.1:{port}{BASE}", headers=headers)
            case.validate_response(response, checks=CHECKS)

        send()
    return asked
