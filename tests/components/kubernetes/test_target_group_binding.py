import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.target_group_binding import target_group_binding
from ops.model.recorder import record

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/langfuse/0123456789abcdef"


def test_a_binding_waits_for_the_release_whose_service_it_names() -> None:
    def program() -> None:
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        opts = pulumi.ResourceOptions(provider=provider)
        release = kubernetes.helm.v3.Release("langfuse", name="langfuse", chart="chart", opts=opts)
        target_group_binding(
            "langfuse",
            namespace="genai-platform",
            target_group_arn=ARN,
            service_name=release.name.apply(lambda name: f"{name}-web"),
            port=3000,
            opts=opts,
        )

    recording = record(program)
    binding = recording.one("kubernetes:eks.amazonaws.com/v1:TargetGroupBinding")
    assert binding.inputs["spec"] == {
        "targetGroupARN": ARN,
        "targetType": "ip",
        "serviceRef": {"name": "langfuse-web", "port": 3000},
    }
    assert recording.one("kubernetes:helm.sh/v3:Release").urn in binding.dependencies
