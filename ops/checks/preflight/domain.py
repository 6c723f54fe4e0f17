"""Route 53: whether the hosted zone of the domain is delegated, and whether Amazon may issue a certificate (CAA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from ops.checks.check import Check, Outcome, bad, fine
from ops.clouds.aws import Aws

RESOLVER = "https://dns.google/resolve"
"""A resolver of the public internet that answers in JSON (developers.google.com/speed/public-dns/docs/doh/json)."""

_TYPES = {"NS": 2, "CAA": 257}
_SERVFAIL, _NXDOMAIN = 2, 3
_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Names of Amazon as a certificate authority (AWS Certificate Manager user guide, "Configure a CAA record")."""


def domain_checks(aws: Aws, domain: str) -> Mapping[str, Check]:
    """None without a domain."""
    if not domain:
        return {}
    return {
        "hosted zone": lambda: hosted_zone(aws, domain),
        "delegation": lambda: delegation(aws, domain),
        "certificate authority": lambda: certificate_authority(domain),
    }


def _zones(aws: Aws, domain: str) -> tuple[str, Sequence[str]]:
    """The longest name of public zones that hold the domain, and the ids of those called so."""
    public: dict[str, list[str]] = {}
    for zone in aws.items("route53", "list_hosted_zones", "HostedZones[]"):
        name = zone["Name"].rstrip(".")
        if not zone["Config"]["PrivateZone"] and (domain == name or domain.endswith(f".{name}")):
            public.setdefault(name, []).append(zone["Id"].rpartition("/")[2])
    name = max(public, key=len, default="")
    return name, public.get(name, [])


def hosted_zone(aws: Aws, domain: str) -> Outcome:
    """Whether the account has one public zone that holds the domain."""
    name, ids = _zones(aws, domain)
    if len(ids) == 1:
        return fine(name)
    if ids:
        return bad(
            f"{len(ids)} public hosted zones are called {name} ({', '.join(ids)}), and the world asks only one of them",
            "delete the others (`aws route53 delete-hosted-zone --id <id>`); `delegation` says which one is asked",
        )
    return bad(
        f"no public hosted zone of this account holds {domain}",
        f"create one (`aws route53 create-hosted-zone --name {domain} --caller-reference {domain}`) and delegate to "
        "it, or set another domain, or none",
    )


def delegation(aws: Aws, domain: str, resolver: str = RESOLVER) -> Outcome:
    """Whether the world asks the name servers of that zone for the domain."""
    name, ids = _zones(aws, domain)
    if not ids:
        return bad("there is no hosted zone to delegate to", "see `hosted zone`")
    between = domain
    while between != name:
        if servers := _records(resolver, between, "NS"):
            return bad(
                f"{between} has name servers of its own ({', '.join(servers)}), so nobody asks the zone {name} for it",
                f"create a hosted zone for {between} and delegate to that, or set another domain",
            )
        between = between.partition(".")[2]
    asked = set(_records(resolver, name, "NS"))
    own = {id_: aws.call("route53", "get_hosted_zone", Id=id_)["DelegationSet"]["NameServers"] for id_ in ids}
    for id_, servers in own.items():
        if asked & {server.rstrip(".").lower() for server in servers}:
            return fine(f"the world asks {id_}")
    return bad(
        f"the world asks {', '.join(sorted(asked)) or 'nobody'} for {name}, not the zone of this account: no "
        "certificate would be issued, and no address found",
        f"where {name} is registered, or in the zone above it, name the servers {', '.join(own[ids[0]])}",
    )


def certificate_authority(domain: str, resolver: str = RESOLVER) -> Outcome:
    """Whether CAA records, those nearest to the domain, let Amazon issue a certificate (RFC 8659)."""
    labels = domain.split(".")
    for start in range(len(labels)):
        name = ".".join(labels[start:])
        records = _records(resolver, name, "CAA")
        if records:
            issuers = [_issuer(record) for record in records if record.split(" ", 2)[1].lower() == "issue"]
            if not issuers or set(issuers) & set(_AMAZON):
                return fine(f"{name} lets Amazon issue certificates")
            return bad(
                f"the CAA records of {name} let only {', '.join(issuer or 'nobody' for issuer in issuers)} issue "
                "certificates",
                f'add the CAA record 0 issue "amazon.com" to {name}',
            )
    return fine("no CAA record stands in the way")


def _issuer(record: str) -> str:
    """Of `0 issue "amazon.com; parameter"`."""
    return record.split(" ", 2)[2].strip('"').partition(";")[0].strip().lower()


def _records(resolver: str, name: str, kind: str) -> Sequence[str]:
    """As the world sees them. None also when the servers that are asked do not know the zone (SERVFAIL)."""
    answer = httpx.get(resolver, params={"name": name, "type": kind}, timeout=10)
    answer.raise_for_status()
    found = answer.json()
    if found["Status"] not in (0, _SERVFAIL, _NXDOMAIN):
        raise RuntimeError(f"{resolver} answered {found['Status']} for {name}")
    records = [answer["data"] for answer in found.get("Answer", ()) if answer["type"] == _TYPES[kind]]
    return sorted(record.rstrip(".").lower() if kind == "NS" else record for record in records)
