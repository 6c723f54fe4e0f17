"""Helm charts of LiteLLM and Langfuse: the Services they bring, and the values they know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.pins import LANGFUSE_CHART, LITELLM_CHART


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a chart brings into the cluster under a release name, and the values it knows."""

    version: str
    services: tuple[str, ...]
    """Suffixes of the names of its services."""
    values: Mapping[str, Any]
    """Known keys; an empty mapping takes anything below."""


def _keys(free: str = "", **known: Mapping[str, Any]) -> dict[str, Any]:
    """Names that take anything below, and names whose keys are known too."""
    return {key: {} for key in free.split()} | known


_SCHEDULING = "nodeSelector tolerations affinity topologySpreadConstraints"

# LiteLLM 1.0.0: helm/litellm/values.yaml of BerriAI/litellm; `redis.ssl` and `redis.sslCertReqs` are in
# docs.litellm.ai/docs/proxy/deploy/helm alone.
_ACCOUNT = _keys("create automount annotations name")
_DATABASE = _keys(
    "host port dbname schema useIAMAuth useAzureEntraAuth sslMode sslRootCert",
    passwordSecret=_keys("name usernameKey passwordKey"),
)
_COMPONENT = _keys(
    f"enabled logLevel extraEnv envConfigMaps envSecrets volumes volumeMounts resources strategy {_SCHEDULING} "
    "livenessProbe readinessProbe startupProbe replicaCount deploymentAnnotations deploymentLabels minReadySeconds "
    "podAnnotations podLabels podSecurityContext securityContext extraContainers extraInitContainers lifecycle "
    "terminationGracePeriodSeconds",
    service=_keys("type port annotations loadBalancerClass"),
    pdb=_keys("enabled minAvailable maxUnavailable"),
    hpa=_keys(
        "enabled minReplicas maxReplicas targetCPUUtilizationPercentage targetMemoryUtilizationPercentage behavior "
        "targetRequestsPerSecond targetTokensPerSecond"
    ),
)
_LITELLM = _keys(
    "nameOverride fullnameOverride imagePullSecrets billingMetrics extraResources lens liteadmin lensWorker",
    image=_keys("repository tag pullPolicy digest"),
    monolith=_keys("enabled extraArgs"),
    ingress=_keys("enabled className controller annotations host tls extraPaths"),
    serviceAccounts=_keys(gateway=_ACCOUNT, backend=_ACCOUNT, ui=_ACCOUNT),
    masterKey=_keys("secretName secretKey generate"),
    database=_keys(writer=_DATABASE, reader=_DATABASE, connectionPool=_keys("enabled maxDbConnections maxClientConn")),
    redis=_keys("cluster host port ssl sslCertReqs", passwordSecret=_keys("name passwordKey")),
    migrationJob=_keys(
        "enabled backoffLimit ttlSecondsAfterFinished activeDeadlineSeconds resources serviceAccountName "
        "automountServiceAccountToken podSecurityContext securityContext jobLabels jobAnnotations podLabels "
        "annotations command args volumes volumeMounts nodeSelector tolerations affinity extraInitContainers "
        "extraContainers extraEnv",
        hooks=_keys(helm=_keys("enabled weight"), argocd=_keys("enabled")),
    ),
    gateway={
        **_COMPONENT,
        **_keys("numWorkers metricsServer serviceMonitor collector keda", config=_keys("create proxy_config")),
    },
    backend=_COMPONENT,
    ui={**_COMPONENT, **_keys("backendUrl")},
)

# Langfuse 2.0.3: charts/langfuse/values.yaml of langfuse/langfuse-k8s at 2.0.0, what its templates read beyond that
# (`langfuse.auth`, `s3.prefix`), and `priorityClassName` (langfuse-k8s#407). Of the bundled stores, which we do not
# deploy, the keys that values.yaml names: their own charts know more.
_VALUE = _keys("value", secretKeyRef=_keys("name key"))
_PROBE = _keys("initialDelaySeconds periodSeconds timeoutSeconds failureThreshold successThreshold")
_PART = _keys(
    "resources replicas revisionHistoryLimit keda vpa hostAliases",
    image=_keys("repository tag pullPolicy pullSecrets"),
    deployment=_keys("additionalLabels annotations strategy"),
    pod=_keys(f"annotations labels {_SCHEDULING} extraContainers additionalEnv additionalEnvFrom priorityClassName"),
    hpa=_keys(
        "enabled annotations minReplicas maxReplicas targetCPUUtilizationPercentage targetMemoryUtilizationPercentage"
    ),
    pdb=_keys("create minAvailable maxUnavailable"),
    livenessProbe=_PROBE,
)
_LOGIN = "username password existingSecret"
_UPLOAD = _keys("bucket prefix region endpoint forcePathStyle", accessKeyId=_VALUE, secretAccessKey=_VALUE)
_LANGFUSE = _keys(
    "nameOverride fullnameOverride extraManifests",
    langfuse=_keys(
        "allowedOrganizationCreators nodeEnv podSecurityContext securityContext nodeSelector tolerations affinity "
        "dnsConfig replicas revisionHistoryLimit resources additionalEnv additionalEnvFrom extraContainers "
        "extraVolumes extraInitContainers extraVolumeMounts extraLifecycle allowV1Upgrade priorityClassName",
        logging=_keys("level format"),
        salt=_VALUE,
        licenseKey=_VALUE,
        encryptionKey=_VALUE,
        features=_keys("telemetryEnabled signUpDisabled experimentalFeaturesEnabled"),
        serviceAccount=_keys("create annotations name automountServiceAccountToken"),
        smtp=_keys("connectionUrl fromAddress"),
        ingress=_keys("enabled additionalLabels annotations className hosts tls"),
        pod=_keys("annotations labels topologySpreadConstraints"),
        deployment=_keys("annotations strategy"),
        image=_keys("tag pullPolicy pullSecrets"),
        auth=_keys("disableUsernamePassword providers"),
        nextauth=_keys("url", secret=_VALUE),
        web={
            **_PART,
            "service": _keys("type port externalPort nodePort additionalLabels annotations"),
            "livenessProbe": {**_PROBE, **_keys("path")},
            "readinessProbe": {**_PROBE, **_keys("path")},
        },
        worker={**_PART, **_keys("port")},
    ),
    postgresql=_keys(
        "deploy host port args directUrl shadowDatabaseUrl image replicaCount service storage settings userDatabase "
        "resources nodeSelector tolerations affinity podSecurityContext securityContext livenessProbe readinessProbe "
        "startupProbe priorityClassName",
        auth=_keys(f"{_LOGIN} database args", secretKeys=_keys("userPasswordKey adminPasswordKey")),
        migration=_keys("autoMigrate"),
    ),
    redis=_keys(
        "deploy host port image service replica dataStorage valkeyConfig resources podSecurityContext metrics "
        "priorityClassName",
        tls=_keys("enabled caPath certPath keyPath"),
        auth=_keys(
            f"enabled {_LOGIN} existingSecretPasswordKey database usersExistingSecret aclUsers aclConfig",
        ),
        cluster=_keys("enabled nodes"),
        sentinel=_keys(f"enabled masterName nodes {_LOGIN} existingSecretPasswordKey"),
    ),
    clickhouse=_keys(
        "deploy host httpPort nativePort database crdCheck keeper",
        auth=_keys(f"{_LOGIN} existingSecretKey"),
        migration=_keys("url ssl autoMigrate"),
        cluster=_keys(
            "enabled replicas image storage resources nodeSelector tolerations affinity settings profileSettings "
            "priorityClassName"
        ),
    ),
    s3={
        **_UPLOAD,
        **_keys("deploy storageProvider gcs defaultBuckets master volume filer s3 allInOne"),
        "concurrency": _keys("reads writes"),
        "eventUpload": _UPLOAD,
        "batchExport": {**_UPLOAD, **_keys("enabled")},
        "mediaUpload": {**_UPLOAD, **_keys("enabled maxContentLength downloadUrlExpirySeconds")},
        "auth": _keys("rootUser rootPassword existingSecret rootUserSecretKey rootPasswordSecretKey"),
    },
)

CHARTS: Mapping[str, Chart] = {
    LITELLM_CHART.name: Chart(version=LITELLM_CHART.version, services=("",), values=_LITELLM),
    LANGFUSE_CHART.name: Chart(version=LANGFUSE_CHART.version, services=("-web",), values=_LANGFUSE),
}


def problems(inputs: Mapping[str, Any]) -> Iterator[str]:
    """What Helm would not find, and values that the chart would silently ignore."""
    chart = CHARTS.get(str(inputs.get("chart")))
    if chart is None:
        yield f"chart {inputs.get('chart')!r} is not one of {', '.join(CHARTS)}"
        return
    if inputs.get("version") != chart.version:
        yield f"version {inputs.get('version')!r} of {inputs['chart']} is not the pinned {chart.version}"
    yield from _unknown(inputs.get("values", {}), chart.values, "values")


def _unknown(values: Any, known: Mapping[str, Any], where: str) -> Iterator[str]:
    if known and isinstance(values, Mapping):
        for key, item in values.items():
            if key not in known:
                yield f"{where}.{key} is no value of the chart"
            else:
                yield from _unknown(item, known[key], f"{where}.{key}")
