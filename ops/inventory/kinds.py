"""Labels of AWS and Azure resources in reports, from the catalogue of types."""

from __future__ import annotations

from catalogue.resource_types import label

AGENTCORE_GATEWAY = label("aws:bedrock/agentcoreGateway:AgentcoreGateway")
AGENTCORE_PROVIDER = label("aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider")
AURORA_CLUSTER = label("aws:rds/cluster:Cluster")
AURORA_INSTANCE = label("aws:rds/clusterInstance:ClusterInstance")
AURORA_SNAPSHOT = label("aws:rds/clusterSnapshot:ClusterSnapshot")
CERTIFICATE = label("aws:acm/certificate:Certificate")
DNS_RECORD = label("aws:route53/record:Record")
EBS_SNAPSHOT = label("aws:ebs/snapshot:Snapshot")
EBS_VOLUME = label("aws:ebs/volume:Volume")
EC2_INSTANCE = label("aws:ec2/instance:Instance")
EKS_CLUSTER = label("aws:eks/cluster:Cluster")
ELASTIC_IP = label("aws:ec2/eip:Eip")
ELASTICACHE_PARAMETER_GROUP = label("aws:elasticache/parameterGroup:ParameterGroup")
ELASTICACHE_REPLICATION_GROUP = label("aws:elasticache/replicationGroup:ReplicationGroup")
ELASTICACHE_SUBNET_GROUP = label("aws:elasticache/subnetGroup:SubnetGroup")
IAM_ROLE = label("aws:iam/role:Role")
INSTANCE_PROFILE = label("aws:iam/instanceProfile:InstanceProfile")
INTERNET_GATEWAY = label("aws:ec2/internetGateway:InternetGateway")
KMS_KEY = label("aws:kms/key:Key")
LAUNCH_TEMPLATE = label("aws:ec2/launchTemplate:LaunchTemplate")
LOAD_BALANCER = label("aws:lb/loadBalancer:LoadBalancer")
LOG_GROUP = label("aws:cloudwatch/logGroup:LogGroup")
NAT_GATEWAY = label("aws:ec2/natGateway:NatGateway")
NETWORK_INTERFACE = label("aws:ec2/networkInterface:NetworkInterface")
OIDC_PROVIDER = label("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
RDS_PARAMETER_GROUP = label("aws:rds/clusterParameterGroup:ClusterParameterGroup")
RDS_SUBNET_GROUP = label("aws:rds/subnetGroup:SubnetGroup")
ROUTE_TABLE = label("aws:ec2/routeTable:RouteTable")
S3_BUCKET = label("aws:s3/bucket:Bucket")
SECRET = label("aws:secretsmanager/secret:Secret")
SECURITY_GROUP = label("aws:ec2/securityGroup:SecurityGroup")
SUBNET = label("aws:ec2/subnet:Subnet")
TARGET_GROUP = label("aws:lb/targetGroup:TargetGroup")
VPC = label("aws:ec2/vpc:Vpc")
VPC_ENDPOINT = label("aws:ec2/vpcEndpoint:VpcEndpoint")

DATABRICKS_PRINCIPAL = label("databricks:index/servicePrincipal:ServicePrincipal")
EXTERNAL_LOCATION = label("databricks:index/externalLocation:ExternalLocation")
SERVICE_CREDENTIAL = label("databricks:index/credential:Credential")
STORAGE_CREDENTIAL = label("databricks:index/storageCredential:StorageCredential")
UNITY_CATALOG = label("databricks:index/catalog:Catalog")

ENTRA_APPLICATION = label("azuread:index/application:Application")
RESOURCE_GROUP = label("azure-native:resources:ResourceGroup")
ROLE_ASSIGNMENT = label("azure-native:authorization:RoleAssignment")

# No types of a provider: what AWS keeps of a deleted cluster and of a deleted replication group, and soft delete.
AURORA_BACKUP = "Aurora automated backup"
ELASTICACHE_SNAPSHOT = "ElastiCache snapshot"
SECRET_IN_RECOVERY = f"{SECRET} in recovery"
DELETED_API_MANAGEMENT = f"deleted {label('azure-native:apimanagement:ApiManagementService')}"
DELETED_APPLICATION = f"deleted {ENTRA_APPLICATION}"
DELETED_VAULT = f"deleted {label('azure-native:keyvault:Vault')}"
