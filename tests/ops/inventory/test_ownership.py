"""Each rule of ownership decides about a resource of its own, and without it the answer is another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from ops.inventory import kinds, ownership
from ops.inventory.found import FoundResource
from ops.inventory.ownership import IDENTITY_RULES, NAME_RULES, OTHER_PLACES, Owner, Rule, ScannedAccount, share_out
from ops.stack.identity import StackIdentity

TAGS = {"Project": "genaiplatform", "Environment": "dev"}
OURS, THEIRS = "genai-dev-abc1234", "genai-dev-b0bb0bb"
KNOWN = StackIdentity(owner="anna", id="abc1234", home="us-east-1")


def found(kind: str = kinds.VPC, name: str = "one", region: str = "us-east-1", **more: object) -> FoundResource:
    return replace(FoundResource(kind=kind, id=name, region=region, removal=()), **more)  # type: ignore[arg-type]  # any


def account(*resources: FoundResource, **more: object) -> ScannedAccount:
    made = ScannedAccount(found=resources, stack="dev", place="us-east-1")
    return replace(made, **more)  # type: ignore[arg-type]  # any of its fields


CLUSTER = found(kinds.EKS_CLUSTER, THEIRS, tags=TAGS)
RECORD = found(kinds.DNS_RECORD, "litellm.example.com A", "", evidence="leads to entry-1a2b3c4")
PROOF = found(kinds.DNS_RECORD, "_1.litellm.example.com CNAME", "", evidence="proved", hosts=frozenset({"litellm"}))
CERTIFICATE = found(kinds.CERTIFICATE, "c", hosts=frozenset({"litellm"}))
MARKED = {**TAGS, "StackId": "b0bb0bb"}
BALANCER = found(kinds.LOAD_BALANCER, "arn", tags=MARKED)

CASES: dict[Rule, tuple[FoundResource, ScannedAccount, Owner | None]] = {
    ownership.proof_of_a_strangers_certificate: (PROOF, account(PROOF, CERTIFICATE), None),
    ownership.tags_of_the_stack: (found(tags=TAGS), account(found(tags=TAGS)), Owner.OURS),
    ownership.tags_of_a_stranger: (
        shop := found(tags={"Project": "shop", "eks:eks-cluster-name": OURS}),
        account(shop),
        None,
    ),
    ownership.named_after_a_cluster: (group := found(kinds.LOG_GROUP, cluster=OURS), account(group), Owner.OURS),
    ownership.evidence_of_the_finder: (RECORD, account(RECORD), Owner.OURS),
    ownership.part_of_a_namesake: (
        subnet := found(kinds.SUBNET, part_of=(kinds.VPC, "one")),
        account(found(tags=TAGS), subnet),
        Owner.OURS,
    ),
    ownership.stack_of_the_same_name_exists: (
        found(tags=MARKED),
        account(found(tags=MARKED), CLUSTER, identity=KNOWN),
        None,
    ),
    ownership.home_is_another_region: (
        away := found(kinds.IAM_ROLE, region="", tags=TAGS | {"StackId": "abc1234"}),
        account(away, place="eu-west-1", identity=KNOWN),
        Owner.UNCERTAIN,
    ),
    ownership.proof_of_a_doubtful_certificate: (
        PROOF,
        account(PROOF, replace(CERTIFICATE, tags=MARKED), CLUSTER, identity=KNOWN),
        Owner.UNCERTAIN,
    ),
    ownership.own_identity: (
        vpc := found(tags=TAGS),
        account(vpc, identity=StackIdentity(in_state=frozenset({"one"}))),
        Owner.OURS,
    ),
    ownership.as_what_it_is_part_of: (
        led := replace(RECORD, part_of=(kinds.LOAD_BALANCER, "arn")),
        account(led, replace(BALANCER, tags=TAGS | {"StackId": "abc1234"}), identity=KNOWN),
        Owner.OURS,
    ),
    ownership.record_of_our_host: (
        stray := replace(RECORD, part_of=(kinds.LOAD_BALANCER, "of somebody")),
        account(stray, identity=KNOWN),
        Owner.UNCERTAIN,
    ),
    ownership.another_identity: (found(tags=MARKED), account(found(tags=MARKED), identity=KNOWN), Owner.UNCERTAIN),
    ownership.another_owner: (
        bobs := found(tags={**TAGS, "Owner": "bob"}),
        account(bobs, identity=StackIdentity(owner="anna")),
        Owner.UNCERTAIN,
    ),
    ownership.clusters_could_not_be_listed: (
        found(tags=TAGS),
        account(found(tags=TAGS), unscanned={kinds.EKS_CLUSTER}),
        Owner.UNCERTAIN,
    ),
    ownership.stack_without_an_id_exists: (found(tags=TAGS), account(found(tags=TAGS), CLUSTER), Owner.UNCERTAIN),
    ownership.place_was_not_scanned: (
        role := found(kinds.IAM_ROLE, region="", tags=TAGS),
        account(role, unscanned={OTHER_PLACES}),
        Owner.UNCERTAIN,
    ),
}


def owner(resource: FoundResource, of: ScannedAccount) -> Owner | None:
    """Where the resource is shown; None where it is not."""
    shares = share_out(replace(of))  # a new one: it remembers nothing
    if any(left.resource is resource for left in shares.ours):
        return Owner.OURS
    return Owner.UNCERTAIN if any(left.resource == resource for left in shares.uncertain) else None


@pytest.mark.parametrize("rule", [*NAME_RULES, *IDENTITY_RULES], ids=lambda rule: rule.__name__)
def test_each_rule_decides_about_a_resource_of_its_own(rule: Rule) -> None:
    resource, of, expected = CASES[rule]
    of = replace(of, found=[resource if found == resource else found for found in of.found])
    assert rule.__doc__
    assert owner(resource, of) is expected
    without: dict[str, Any] = {
        name: tuple(other_rule for other_rule in rules if other_rule is not rule)
        for name, rules in (("NAME_RULES", NAME_RULES), ("IDENTITY_RULES", IDENTITY_RULES))
    }
    with mock.patch.multiple(ownership, **without):
        assert owner(resource, of) is not expected


def test_what_a_stack_of_another_name_made_is_never_ours() -> None:
    strangers = [
        found(tags={**TAGS, "Environment": "dev-2"}),
        found(name="two"),
        found(name="three", cluster="genai-dev"),
    ]
    assert share_out(account(*strangers)) == ownership.Shares(ours=[], uncertain=[])
