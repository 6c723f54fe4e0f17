"""Outputs of simulated resources and provider functions, as far as the program reads them, for plan and tests.

A type that is not in the table answers with its inputs and an id, one of AWS with a name and an ARN too.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
ISSUER = f"oidc.eks.{REGION}.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"

Inputs = Mapping[str, Any]


GENERATED = "5ec2e7" * 4
"""How every generated secret starts: tests search everything recorded for it."""


def generated_secret(name: str) -> str:
    """The value of a generated secret; 64 hexadecimal characters have the shape of every kind of secret."""
    return GENERATED + hashlib.sha256(name.encode()).hexdigest()[:40]


def guid(name: str) -> str:
    """The GUID that Azure would give to that name, always the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


DATABRICKS_HOST = "adb-1234567890123456.7.azuredatabricks.net"


def _catalogued(kind: str, parent: str, name: str) -> str:
    """How Unity Catalog names what stands in a schema, such as `model-services/main.default.chat`."""
    return f"{kind}/{parent.removeprefix('schemas/')}.{name}"


def _kubeconfig(cluster: str) -> str:
    user = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", REGION, "eks", "get-token", "--cluster-name", cluster],
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "kubernetes", "cluster": {"server": f"https://EXAMPLE.{REGION}.eks.amazonaws.com"}}],
            "contexts": [{"name": "aws", "context": {"cluster": "kubernetes", "user": "aws"}}],
            "current-context": "aws",
            "users": [{"name": "aws", "user": {"exec": user}}],
        }
    )


def _eks_cluster(name: str, inputs: Inputs) -> dict[str, Any]:
    return {
        "kubeconfigJson": _kubeconfig(inputs.get("name", name)),
        "clusterSecurityGroupId": "sg-eks-cluster",
        "oidcIssuer": ISSUER,
        "oidcProviderUrl": f"https://{ISSUER}",
        "oidcProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}",
    }


def _certificate(_name: str, inputs: Inputs) -> dict[str, Any]:
    names = [inputs["domainName"], *inputs.get("subjectAlternativeNames", [])] if "domainName" in inputs else []
    return {
        "domainValidationOptions": [
            {
                "domainName": name,
                "resourceRecordName": f"_proof.{name}",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_proof.acm-validations.aws",
            }
            for name in names
        ]
    }


def _agentcore_gateway(name: str, _inputs: Inputs) -> dict[str, Any]:
    gateway, own = f"{name}-1a2b3c4d5e", f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}"
    return {
        "gatewayId": gateway,
        "gatewayArn": f"{own}:gateway/{gateway}",
        "gatewayUrl": f"https://{gateway}.gateway.bedrock-agentcore.{REGION}.amazonaws.com/mcp",
        "workloadIdentityDetails": [
            {"workloadIdentityArn": f"{own}:workload-identity-directory/default/workload-identity/{gateway}"}
        ],
    }


def _agentcore_provider(name: str, _inputs: Inputs) -> dict[str, Any]:
    own = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:token-vault/default/oauth2credentialprovider"
    return {
        "credentialProviderArn": f"{own}/{name}-1234567",
        "callbackUrl": f"https://bedrock-agentcore.{REGION}.amazonaws.com/identities/oauth2/callback/{guid(name)}",
    }


_OUTPUTS: dict[str, Callable[[str, Inputs], dict[str, Any]]] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:bedrock/agentcoreGateway:AgentcoreGateway": _agentcore_gateway,
    "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider": _agentcore_provider,
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda name, _: {
        "primaryEndpointAddress": f"master.{name}.cache.amazonaws.com"
    },
    "aws:lb/loadBalancer:LoadBalancer": lambda name, _: {
        "dnsName": f"{name}-123456.{REGION}.elb.amazonaws.com",
        "zoneId": "ZLOADBALANCER",
    },
    "aws:rds/cluster:Cluster": lambda name, _: {"endpoint": f"{name}.cluster-example.{REGION}.rds.amazonaws.com"},
    "aws:s3/bucket:Bucket": lambda name, _: {"bucket": f"{name}-1234567"},
    "azure-native:apimanagement:Api": lambda _, inputs: {"name": inputs["apiId"]},
    "azure-native:apimanagement:ApiManagementService": lambda name, inputs: {
        "gatewayUrl": f"https://{name}1a2b3c4d.azure-api.net",
        "identity": {**inputs.get("identity", {}), "principalId": guid(f"{name}-own"), "tenantId": guid("tenant")},
    },
    "azure-native:applicationinsights:Component": lambda name, _: {"connectionString": generated_secret(name)},
    "azure-native:databricks:AccessConnector": lambda name, _: {
        "identity": {"type": "SystemAssigned", "principalId": guid(f"{name}-principal"), "tenantId": guid("tenant")}
    },
    "azure-native:databricks:Workspace": lambda _, __: {
        "workspaceUrl": DATABRICKS_HOST,
        "workspaceId": DATABRICKS_HOST.split(".")[0].removeprefix("adb-"),
    },
    "azure-native:keyvault:Vault": lambda name, inputs: {
        "properties": {**inputs["properties"], "vaultUri": f"https://{name}1a2b3c4d.vault.azure.net/"}
    },
    "azure-native:managedidentity:UserAssignedIdentity": lambda name, _: {
        "clientId": guid(f"{name}-client"),
        "principalId": guid(f"{name}-principal"),
    },
    "azure-native:operationalinsights:Workspace": lambda name, _: {"customerId": guid(name)},
    "azure-native:redisenterprise:Database": lambda _, inputs: {"name": inputs.get("databaseName", "default")},
    "azure-native:redisenterprise:RedisEnterprise": lambda name, _: {
        "hostName": f"{name}1a2b3c4d.eastus2.redis.azure.net"
    },
    "azuread:index/application:Application": lambda name, _: {"clientId": guid(name)},
    "azuread:index/applicationPassword:ApplicationPassword": lambda name, _: {"value": generated_secret(name)},
    "azuread:index/servicePrincipal:ServicePrincipal": lambda name, _: {"objectId": guid(f"{name}-principal")},
    "databricks:index/aiGatewayModelProviderService:AiGatewayModelProviderService": lambda _, inputs: {
        "name": _catalogued("model-provider-services", inputs["parent"], inputs["modelProviderServiceId"])
    },
    "databricks:index/aiGatewayModelService:AiGatewayModelService": lambda _, inputs: {
        "name": _catalogued("model-services", inputs["parent"], inputs["modelServiceId"])
    },
    "databricks:index/modelServing:ModelServing": lambda name, _: {"servingEndpointId": guid(name)},
    "databricks:index/servicePrincipal:ServicePrincipal": lambda name, _: {"applicationId": guid(name)},
    "databricks:index/servicePrincipalSecret:ServicePrincipalSecret": lambda name, _: {
        "secret": generated_secret(name),
        "expireTime": "2030-01-01T00:00:00Z",
    },
    "eks:index:Cluster": _eks_cluster,
    "kubernetes:helm.sh/v3:Release": lambda _, inputs: {"status": {"name": inputs["name"]}},
    "random:index/randomPassword:RandomPassword": lambda name, _: {"result": generated_secret(name)},
    "random:index/randomString:RandomString": lambda _, inputs: {"result": "a1b2c3d4"[: int(inputs["length"])]},
    "tls:index/privateKey:PrivateKey": lambda name, _: {"privateKeyPem": generated_secret(name)},
    "tls:index/selfSignedCert:SelfSignedCert": lambda _, __: {"certPem": "-----BEGIN CERTIFICATE-----"},
}


def resource_outputs(type_token: str, name: str, inputs: Inputs) -> dict[str, Any]:
    """Outputs beyond the inputs for a new resource of that type."""
    answer = _OUTPUTS.get(type_token)
    computed = answer(name, inputs) if answer else {}
    if type_token.startswith("azure-native:"):
        return {"name": f"{name}1a2b3c4d", **computed}
    if not type_token.startswith("aws:"):
        return computed
    service = type_token.split(":")[1].partition("/")[0]
    return {"arn": f"arn:aws:{service}:::{name}", "name": inputs.get("name", f"{name}-1234567"), **computed}


def invoke_result(token: str, args: Inputs, *, region: str, hosted_zones: Sequence[str]) -> dict[str, Any]:
    """The answer of a provider function; LookupError for one that the program is not known to call."""
    match token:
        case "aws:index/getAvailabilityZones:getAvailabilityZones":
            return {"names": [f"{region}{letter}" for letter in "abc"]}
        case "aws:route53/getZones:getZones":
            return {"ids": [f"Z-{name}" for name in hosted_zones]}
        case "aws:route53/getZone:getZone":
            return {"zoneId": args["zoneId"], "name": args["zoneId"].removeprefix("Z-"), "privateZone": False}
        case "aws:secretsmanager/getSecret:getSecret":
            return {"arn": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{args['name']}-AbCdEf"}
        case "azure-native:authorization:getClientConfig":
            return {"subscriptionId": guid("subscription"), "tenantId": guid("tenant"), "objectId": guid("deployer")}
        case "azure-native:redisenterprise:listDatabaseKeys":
            return {key: generated_secret(f"{args['clusterName']} {key}") for key in ("primaryKey", "secondaryKey")}
        case "azuread:index/getClientConfig:getClientConfig":
            return {"tenantId": guid("tenant"), "objectId": guid("deployer")}
        case "azuread:index/getGroup:getGroup":
            return {"objectId": args["objectId"]}
        case "azuread:index/getServicePrincipal:getServicePrincipal":
            return {"objectId": guid(args["clientId"])}
        case "azuread:index/getUser:getUser":
            return {"objectId": guid(args.get("userPrincipalName", "deployer")), "mail": "deployer@example.com"}
    raise LookupError(f"no simulated answer for the function {token}: add it to ops/model/simulated_outputs.py")
