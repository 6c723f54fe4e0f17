"""What AWS refuses to create or change although moto and botocore accept it: one table, each rule with its source."""

from __future__ import annotations

import ipaddress
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rehearsal.aws.account import Account
from rehearsal.aws.table import State

Problems = Callable[[Account, State], Iterable[str]]
"""Takes the inputs of a resource, and says in the words of AWS what is wrong with them."""


@dataclass(frozen=True, kw_only=True)
class CreationRule:
    """A resource is neither created nor changed as long as there are `problems`. They show no secret."""

    error: str
    problems: Problems
    source: str


def _unlike(key: str, pattern: str, message: str) -> Problems:
    def problems(account: Account, inputs: State) -> Iterable[str]:
        value = inputs.get(key)
        return [] if value is None or re.fullmatch(pattern, str(value)) else [message.format(value=value)]

    return problems


def _not_within(key: str, least: int, most: int) -> Problems:
    def problems(account: Account, inputs: State) -> Iterable[str]:
        value = inputs.get(key)
        if value is not None and not least <= value <= most:
            yield f"{key} {value} is not within {least} to {most}."

    return problems


_NO_NETWORKS = [
    ipaddress.ip_network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
]
"""This network, loopback, link-local, multicast and reserved addresses (RFC 6890)."""


def _range(account: Account, inputs: State) -> Iterable[str]:
    cidr = ipaddress.ip_network(inputs["cidrBlock"], strict=False)
    if not 16 <= cidr.prefixlen <= 28 or any(cidr.overlaps(network) for network in _NO_NETWORKS):
        yield f"The CIDR '{inputs['cidrBlock']}' is invalid."


def _certificate_names(account: Account, inputs: State) -> Iterable[str]:
    if len(inputs.get("domainName", "")) > 64:
        yield "The first domain name can be no longer than 64 characters."


def _too_many_names(account: Account, inputs: State) -> Iterable[str]:
    if len({inputs.get("domainName"), *inputs.get("subjectAlternativeNames", [])}) > 10:
        yield "Your certificate has more than the 10 domain names that an account may ask for."


def _capacity(account: Account, inputs: State) -> Iterable[str]:
    scaling = inputs.get("serverlessv2ScalingConfiguration")
    if scaling is None:
        return
    if not {"minCapacity", "maxCapacity"} <= scaling.keys():
        yield "Both MinCapacity and MaxCapacity must be specified when you initialize Serverless v2 scaling."
        return
    least, most = scaling["minCapacity"], scaling["maxCapacity"]
    if most < 1:
        yield f"Serverless v2 maximum capacity {most} isn't valid. The maximum capacity must be at least 1.0."
    for name, value in (("minimum", least), ("maximum", most)):
        if not 0 <= value <= 256 or value % 0.5:
            yield f"Serverless v2 {name} capacity {value} isn't valid. It goes to 256 in steps of 0.5."
    if least > most:
        yield f"Serverless v2 minimum capacity {least} is above the maximum capacity {most}."


def _policy_size(account: Account, inputs: State) -> Iterable[str]:
    role, documents = inputs["role"], [inputs["policy"]]
    for name in account.call("iam", "list_role_policies", RoleName=role)["PolicyNames"]:
        if name != inputs["name"]:
            found = account.call("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
            documents.append(json.dumps(found))
    if sum(len(re.sub(r"\s", "", document)) for document in documents) > 10_240:
        yield f"Maximum policy size of 10240 bytes exceeded for role {role}"


def _condition_values(account: Account, inputs: State) -> Iterable[str]:
    conditions = [values for condition in inputs.get("conditions", []) for values in condition.values()]
    if sum(len(values.get("values", [])) for values in conditions) > 5:
        yield "A rule can only have '5' condition values"


def _record_name(account: Account, inputs: State) -> Iterable[str]:
    name = inputs["name"].rstrip(".")
    if len(name) > 253:  # 255 octets as DNS writes them
        yield "FATAL problem: DomainNameTooLong (Domain name is too long)"
    for label in name.split("."):
        if len(label) > 63:
            yield f"FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '{label}'"


_IDENTIFIER = r"[A-Za-z](?!.*--)[A-Za-z0-9-]*(?<!-)"
_IDENTIFIER_MESSAGE = (
    "The parameter is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, "
    "digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
)
_DESCRIPTION = r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}"
_DESCRIBED = CreationRule(
    error="InvalidParameterValue",
    problems=_unlike(
        "description", _DESCRIPTION, "Invalid description: a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{{}}!$* are valid."
    ),
    source="Amazon EC2 API reference, CreateSecurityGroup and IpRange",
)
_ELB_NAME = CreationRule(
    error="ValidationError",
    problems=_unlike(
        "name",
        r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)",
        "The name '{value}' has at most 32 letters, digits and hyphens, none first or last, and no internal- in front.",
    ),
    source="Elastic Load Balancing API reference, CreateLoadBalancer and CreateTargetGroup",
)

RULES: Mapping[str, tuple[CreationRule, ...]] = {
    "aws:ec2/vpc:Vpc": (
        CreationRule(
            error="InvalidVpc.Range",
            problems=_range,
            source="Amazon EC2 API reference, error codes; Amazon VPC user guide, VPC CIDR blocks",
        ),
    ),
    "aws:ec2/subnet:Subnet": (
        CreationRule(
            error="InvalidSubnet.Range",
            problems=_range,
            source="Amazon EC2 API reference, error codes; Amazon VPC user guide, Subnet CIDR blocks",
        ),
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        _DESCRIBED,
        CreationRule(
            error="InvalidParameterValue",
            problems=_unlike("name", rf"(?!sg-){_DESCRIPTION}", "Value ({value}) for parameter GroupName is invalid."),
            source="Amazon EC2 API reference, CreateSecurityGroup",
        ),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (_DESCRIBED,),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (_DESCRIBED,),
    "aws:acm/certificate:Certificate": (
        CreationRule(
            error="InvalidDomainValidationOptionsException",
            problems=_certificate_names,
            source="AWS Certificate Manager API reference, RequestCertificate, DomainName",
        ),
        CreationRule(
            error="LimitExceededException",
            problems=_too_many_names,
            source="AWS Certificate Manager user guide, Quotas: domain names per certificate",
        ),
    ),
    "aws:rds/cluster:Cluster": (
        CreationRule(
            error="InvalidParameterValue",
            problems=_capacity,
            source="Aurora user guide, Setting the capacity range of a cluster; aws/aws-cdk#32232",
        ),
        CreationRule(
            error="InvalidParameterValue",
            problems=_unlike(
                "masterPassword",
                r'(?:(?![/@"])[!-~]){8,99}',
                "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides "
                "'/', '@', '\"', ' ' may be used, 8 to 99 of them.",
            ),
            source="Amazon RDS API reference, CreateDBCluster; Aurora user guide, Naming constraints",
        ),
        CreationRule(
            error="InvalidParameterValue",
            problems=_not_within("backupRetentionPeriod", 1, 35),
            source="Amazon RDS API reference, CreateDBCluster",
        ),
        CreationRule(
            error="InvalidParameterValue",
            problems=_unlike("clusterIdentifier", _IDENTIFIER, _IDENTIFIER_MESSAGE),
            source="Amazon RDS API reference, CreateDBCluster",
        ),
    ),
    "aws:rds/clusterInstance:ClusterInstance": (
        CreationRule(
            error="InvalidParameterValue",
            problems=_unlike("identifier", _IDENTIFIER, _IDENTIFIER_MESSAGE),
            source="Amazon RDS API reference, CreateDBInstance",
        ),
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        CreationRule(
            error="InvalidParameterValue",
            problems=_unlike("authToken", "[A-Za-z0-9!&#$^<>-]{16,128}", "Invalid AuthToken provided."),
            source="Amazon ElastiCache user guide, Authenticating with the AUTH command",
        ),
        CreationRule(
            error="InvalidParameterValue",
            problems=_unlike("replicationGroupId", rf"(?=.{{1,40}}$){_IDENTIFIER}", _IDENTIFIER_MESSAGE),
            source="Amazon ElastiCache API reference, CreateReplicationGroup",
        ),
        CreationRule(
            error="InvalidParameterValue",
            problems=_not_within("snapshotRetentionLimit", 0, 35),
            source="Amazon ElastiCache user guide, Scheduling automatic backups",
        ),
    ),
    "aws:s3/bucket:Bucket": (
        CreationRule(
            error="InvalidBucketName",
            problems=_unlike(
                "bucket",
                r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!([0-9]+\.){3}[0-9]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
                r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)",
                "The specified bucket is not valid: {value}",
            ),
            source="Amazon S3 user guide, General purpose bucket naming rules",
        ),
    ),
    "aws:iam/rolePolicy:RolePolicy": (
        CreationRule(
            error="LimitExceeded",
            problems=_policy_size,
            source="IAM user guide, IAM and AWS STS quotas: inline policies of a role together, without white space",
        ),
    ),
    "aws:lb/loadBalancer:LoadBalancer": (_ELB_NAME,),
    "aws:lb/targetGroup:TargetGroup": (_ELB_NAME,),
    "aws:lb/listenerRule:ListenerRule": (
        CreationRule(
            error="ValidationError",
            problems=_condition_values,
            source="User guide of Application Load Balancers, Quotas: condition values per rule",
        ),
    ),
    "aws:route53/record:Record": (
        CreationRule(
            error="InvalidChangeBatch",
            problems=_record_name,
            source="Amazon Route 53 developer guide, DNS domain name format",
        ),
    ),
}
"""moto and botocore's models themselves refuse: more than 60 rules of a security group in one direction; names for
certificates that are longer than 253 characters or have an asterisk elsewhere than in front; what IAM and EKS take for
no name."""

_TAG_ERRORS: Mapping[str, tuple[str, str]] = {
    "acm": ("InvalidTagException", "TooManyTagsException"),
    "bedrock-agentcore-control": ("ValidationException", "ValidationException"),
    "ec2": ("InvalidParameterValue", "TagLimitExceeded"),
    "eks": ("InvalidParameterException", "InvalidParameterException"),
    "elasticache": ("InvalidParameterValue", "TagQuotaPerResourceExceeded"),
    "elbv2": ("ValidationError", "TooManyTags"),
    "iam": ("InvalidInput", "LimitExceeded"),
    "rds": ("InvalidParameterValue", "InvalidParameterValue"),
    "s3": ("InvalidTag", "BadRequest"),
}
"""By service: of a tag that it does not take, of too many (API references, errors of what creates or tags)."""


def _tag_refusal(service: str, tags: Mapping[str, str]) -> str | None:
    """AWS general reference, "Tag naming limits and requirements". EC2 alone takes other characters too, which does not
    help a program that gives the same tags to everything.
    """
    invalid, too_many = _TAG_ERRORS[service]
    if len(tags) > 50:
        return f"{too_many}: {len(tags)} tags, and a resource has at most 50"
    for key, value in tags.items():
        for what, text, least, most in (("key", key, 1, 128), ("value", value, 0, 256)):
            if text.lower().startswith("aws:"):
                return f"{invalid}: tag {what} {text!r} begins with 'aws:', which is reserved for internal use"
            if not least <= len(text) <= most:
                return f"{invalid}: tag {what} {text[:20]!r} has {len(text)} characters, not {least} to {most}"
            if not all(unicodedata.category(character)[0] in "LZN" or character in "_.:/=+-@" for character in text):
                return f"{invalid}: tag {what} {text!r} has other characters than letters, digits, spaces, _.:/=+-@"
    return None


def refusal(account: Account, type_token: str, service: str, inputs: State) -> str | None:
    """What AWS says to the creation or the change; None when it takes the inputs."""
    for rule in RULES.get(type_token, ()):
        if problems := list(rule.problems(account, inputs)):
            return f"{rule.error}: {'; '.join(problems)}"
    return _tag_refusal(service, inputs["tags"]) if inputs.get("tags") else None
