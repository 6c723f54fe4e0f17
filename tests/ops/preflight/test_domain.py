"""A domain that the world would not find, or that Amazon may not certify, is told beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import SimpleNamespace
from unittest import mock

import pytest

from ops.checks.check import Outcome, State
from ops.checks.preflight import domain
from ops.clouds.aws import Aws
from stacks.aws import look_ups
from stacks.errors import SettingsError
from tests import http_server
from tests.ops.preflight.stand_in import aws_answers, state_of

DOMAIN = "genai.example.com"
ELSEWHERE = ["ns-1.elsewhere.net.", "ns-2.elsewhere.net."]


@pytest.fixture
def zones(aws: Aws) -> Iterator[list[str]]:
    """Ids of hosted zones in moto; they go at the end."""
    ids: list[str] = []
    yield ids
    with aws_answers({}):
        for id_ in ids:
            aws.call("route53", "delete_hosted_zone", Id=id_)


def _create(aws: Aws, zones: list[str], name: str) -> list[str]:
    """Its name servers."""
    with aws_answers({}):
        made = aws.call("route53", "create_hosted_zone", Name=name, CallerReference=f"{name} {len(zones)}")
    zones.append(made["HostedZone"]["Id"].rpartition("/")[2])
    return list(made["DelegationSet"]["NameServers"])


def _resolver(records: Mapping[tuple[str, str], list[str]], status: int = 0) -> http_server.Service:
    def answer(request: http_server.Request) -> http_server.Answer:
        name, kind = request.query["name"], request.query["type"]
        found = [
            {"name": name, "type": {"NS": 2, "CAA": 257}[kind], "data": data} for data in records.get((name, kind), ())
        ]
        signature = {"name": name, "type": 46, "data": "RRSIG"}
        return http_server.Answer(200, {"Status": status, **({"Answer": [*found, signature]} if found else {})})

    return answer


def _delegation(aws: Aws, records: Mapping[tuple[str, str], list[str]], status: int = 0) -> Outcome:
    with aws_answers({}), http_server.serve(_resolver(records, status)) as url:
        return domain.delegation(aws, DOMAIN, url)


def test_one_zone_that_holds_the_domain_is_fine_and_the_longest_counts(aws: Aws, zones: list[str]) -> None:
    for name in ("example.com", DOMAIN, "ple.com"):
        _create(aws, zones, name)
    with aws_answers({}):
        assert domain.hosted_zone(aws, DOMAIN).says == DOMAIN
        assert domain.hosted_zone(aws, "other.example.com").says == "example.com"
        assert domain.hosted_zone(aws, "example.org").state == State.BAD


def test_a_private_zone_does_not_count(aws: Aws) -> None:
    private = {"Id": "/hostedzone/Z1", "Name": f"{DOMAIN}.", "Config": {"PrivateZone": True}}
    with aws_answers({"ListHostedZones": {"HostedZones": [private], "IsTruncated": False}}):
        assert domain.hosted_zone(aws, DOMAIN).state == State.BAD


def test_two_zones_of_one_name_are_bad_and_the_one_that_is_asked_is_told(aws: Aws, zones: list[str]) -> None:
    # moto gives every zone the same servers.
    first, second = ["ns-1.awsdns-1.com"], ["ns-2.awsdns-2.org"]
    for _ in range(2):
        _create(aws, zones, DOMAIN)
    servers = dict(zip(zones, (first, second), strict=True))

    def get(parameters: dict[str, str]) -> object:
        return {"DelegationSet": {"NameServers": servers[parameters["Id"]]}}

    records = {(DOMAIN, "NS"): ["NS-2.awsdns-2.org."]}
    with aws_answers({"GetHostedZone": get}), http_server.serve(_resolver(records)) as url:
        outcome = domain.hosted_zone(aws, DOMAIN)
        assert domain.delegation(aws, DOMAIN, url).says == f"the world asks {zones[1]}"
    assert outcome.state == State.BAD
    assert all(id_ in outcome.says for id_ in zones)


def test_a_zone_that_the_world_asks_is_fine(aws: Aws, zones: list[str]) -> None:
    servers = _create(aws, zones, "example.com")
    assert _delegation(aws, {("example.com", "NS"): [f"{name.upper()}." for name in servers]}).state == State.FINE


@pytest.mark.parametrize("status", [0, 2, 3])
def test_a_zone_that_nobody_delegates_to_is_bad_with_the_servers_to_name(
    aws: Aws, zones: list[str], status: int
) -> None:
    servers = _create(aws, zones, DOMAIN)
    outcome = _delegation(aws, {}, status)
    assert outcome.state == State.BAD
    assert "the world asks nobody" in outcome.says
    assert all(server in outcome.fix for server in servers)


def test_a_zone_that_is_delegated_elsewhere_is_bad(aws: Aws, zones: list[str]) -> None:
    _create(aws, zones, DOMAIN)
    assert "ns-1.elsewhere.net" in _delegation(aws, {(DOMAIN, "NS"): ELSEWHERE}).says


def test_a_domain_that_its_zone_delegates_away_is_bad(aws: Aws, zones: list[str]) -> None:
    servers = _create(aws, zones, "example.com")
    outcome = _delegation(aws, {("example.com", "NS"): servers, (DOMAIN, "NS"): ELSEWHERE})
    assert outcome.state == State.BAD
    assert "create a hosted zone for genai.example.com" in outcome.fix


@pytest.mark.parametrize("denied", ["ListHostedZones", "GetHostedZone"])
def test_zones_that_may_not_be_read_are_could_not_look(aws: Aws, zones: list[str], denied: str) -> None:
    _create(aws, zones, DOMAIN)
    with aws_answers({denied: "AccessDenied"}), http_server.serve(_resolver({})) as url:
        assert state_of(lambda: domain.delegation(aws, DOMAIN, url)) == State.COULD_NOT_LOOK


def test_a_resolver_that_does_not_answer_is_could_not_look(aws: Aws, zones: list[str]) -> None:
    _create(aws, zones, DOMAIN)
    with aws_answers({}):
        assert state_of(lambda: domain.delegation(aws, DOMAIN, "http://127.0.0.1:9")) == State.COULD_NOT_LOOK
    assert state_of(lambda: domain.certificate_authority(DOMAIN, "http://127.0.0.1:9")) == State.COULD_NOT_LOOK
    with http_server.serve(_resolver({}, status=5)) as url:
        assert state_of(partial(domain.certificate_authority, DOMAIN, url)) == State.COULD_NOT_LOOK


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ({}, State.FINE),
        ({"example.com": ['0 issue "amazon.com"']}, State.FINE),
        ({"example.com": ['0 issue "letsencrypt.org"', '0 issue "amazonaws.com; policy=ev"']}, State.FINE),
        ({"example.com": ['0 iodef "mailto:security@example.com"']}, State.FINE),
        ({"example.com": ['0 issue "letsencrypt.org"']}, State.BAD),
        ({"example.com": ['0 issue ";"']}, State.BAD),
        ({"example.com": ['0 issue "letsencrypt.org"'], DOMAIN: ['0 issue "amazon.com"']}, State.FINE),
        ({"example.com": ['0 issue "amazon.com"'], DOMAIN: ['0 issue "letsencrypt.org"']}, State.BAD),
    ],
)
def test_records_that_keep_amazon_from_certifying_are_bad(records: dict[str, list[str]], state: State) -> None:
    with http_server.serve(_resolver({(name, "CAA"): data for name, data in records.items()})) as url:
        outcome = domain.certificate_authority(DOMAIN, url)
    assert outcome.state == state
    assert state == State.FINE or '0 issue "amazon.com"' in outcome.fix


def test_the_program_refuses_two_zones_of_one_name() -> None:
    zones = {id_: SimpleNamespace(name=DOMAIN, private_zone=False, zone_id=id_) for id_ in ("Z1", "Z2")}
    with (
        mock.patch("pulumi_aws.route53.get_zones", return_value=SimpleNamespace(ids=list(zones))),
        mock.patch("pulumi_aws.route53.get_zone", side_effect=lambda zone_id: zones[zone_id]),
        pytest.raises(SettingsError, match=r"2 public hosted zones of this account are called genai.* \(Z1, Z2\)"),
    ):
        look_ups.hosted_zone(DOMAIN)
