"""API Management refuses arguments that it could not work with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalogue.api_management import REGIONS, TIERS, UNFIT, region_problem, tier_problem
from components.azure.gateway import GatewayArgs

ARGS = GatewayArgs(
    resource_group_name="group",
    mode="header",
    named_values={"tenant-id": "t", "api-client-id": "c", "key-bindings": "none"},
    backend_url="https://litellm.example.com:8443",
    verify_certificate=True,
    apim_entry_key="0" * 64,
    publisher_email="you@example.com",
    tags={},
    tier="BasicV2",
    own_identity=False,
)


@pytest.mark.parametrize("tier", sorted(UNFIT))
def test_a_tier_that_cannot_do_it_is_refused_with_the_reason_and_a_way_out(tier: str) -> None:
    with pytest.raises(ValueError, match=rf"^{tier} (cannot|takes) .*: set one of BasicV2, StandardV2$"):
        replace(ARGS, tier=tier)


def test_a_tier_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="'Basicv2' is no tier this gateway is known to work on: set one of BasicV2"):
        replace(ARGS, tier="Basicv2")


@pytest.mark.parametrize("tier", TIERS)
def test_the_tiers_that_can_do_it_are_taken(tier: str) -> None:
    assert tier_problem(tier) is None
    assert replace(ARGS, tier=tier).tier == tier


@pytest.mark.parametrize("region", ["eastus2", "East US 2", "japaneast", "Japan East"])
def test_a_region_is_known_by_both_of_its_names(region: str) -> None:
    assert region_problem(region) is None


@pytest.mark.parametrize("region", ["japanwest", "us-east-1", ""])
def test_a_region_without_the_tiers_is_refused_with_the_ones_that_have_them(region: str) -> None:
    problem = region_problem(region) or ""
    assert "does not offer BasicV2 or StandardV2: set one of australiacentral" in problem
    assert all(known in problem for known in REGIONS)


@pytest.mark.parametrize(
    "named_values", [{"tenant-id": "t"}, {**ARGS.named_values, "key-vault-uri": "u"}], ids=["too few", "too many"]
)
def test_named_values_that_the_policy_does_not_refer_to_are_refused(named_values: dict[str, str]) -> None:
    """A name that is missing makes API Management refuse the whole policy, after half the gateway stands."""
    with pytest.raises(ValueError, match="refers to the named values tenant-id, api-client-id, key-bindings, not"):
        replace(ARGS, named_values=named_values)
