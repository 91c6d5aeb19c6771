/**
 * What deploy/kubernetes says to operators, as types: the fields it uses, and no others, so that a misspelt one does not compile. Written
 * down from the manuals and definitions of KEDA, CloudNativePG (with its Barman plugin), the RabbitMQ Cluster Operator and the
 * Prometheus Operator; no package has all of them.
 */
import type { Affinity, ResourceRequirements } from 'kubernetes-types/core/v1.js';
import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1.js';

interface Custom<Version extends string, Kind extends string, Spec> {
  apiVersion: Version;
  kind: Kind;
  metadata: ObjectMeta;
  spec: Spec;
}
interface SecretKey {
  name: string;
  key: string;
}
interface Plugin {
  name: string;
  isWALArchiver?: boolean;
  parameters?: Record<string, string>;
}

export type RabbitmqCluster = Custom<
  'rabbitmq.com/v1beta1',
  'RabbitmqCluster',
  {
    replicas: number;
    image?: string;
    resources?: ResourceRequirements;
    persistence?: { storage: string; storageClassName?: string };
    rabbitmq?: { additionalConfig?: string; additionalPlugins?: string[] };
    affinity?: Affinity;
  }
>;

export type Cluster = Custom<
  'postgresql.cnpg.io/v1',
  'Cluster',
  {
    instances: number;
    imageName?: string;
    bootstrap: { initdb: { database: string; owner: string } };
    postgresql?: {
      parameters?: Record<string, string>;
      synchronous?: {
        method: 'any' | 'first';
        number: number;
        dataDurability?: 'required' | 'preferred';
        failoverQuorum?: boolean;
      };
    };
    storage: { size: string; storageClass?: string };
    walStorage?: { size: string; storageClass?: string };
    resources?: ResourceRequirements;
    affinity?: {
      enablePodAntiAffinity?: boolean;
      podAntiAffinityType?: 'required' | 'preferred';
      topologyKey?: string;
    };
    plugins?: Plugin[];
  }
>;

export type ScheduledBackup = Custom<
  'postgresql.cnpg.io/v1',
  'ScheduledBackup',
  {
    schedule: string;
    cluster: { name: string };
    backupOwnerReference?: 'none' | 'self' | 'cluster';
    method: 'plugin';
    pluginConfiguration: { name: string };
  }
>;

export type ObjectStore = Custom<
  'barmancloud.cnpg.io/v1',
  'ObjectStore',
  {
    retentionPolicy?: string;
    configuration: {
      destinationPath: string;
      azureCredentials?: { storageAccount?: SecretKey; storageKey?: SecretKey };
      wal?: { compression?: string };
      data?: { compression?: string };
    };
  }
>;

export type ScaledObject = Custom<
  'keda.sh/v1alpha1',
  'ScaledObject',
  {
    scaleTargetRef: { name: string };
    minReplicaCount: number;
    maxReplicaCount: number;
    triggers: (
      | { type: 'cpu'; metricType: 'Utilization'; metadata: { value: string } }
      | { type: 'prometheus'; metadata: { serverAddress: string; query: string; threshold: string } }
    )[];
  }
>;

export type PodMonitor = Custom<
  'monitoring.coreos.com/v1',
  'PodMonitor',
  {
    jobLabel?: string;
    selector: LabelSelector;
    podMetricsEndpoints: {
      port: string;
      path?: string;
      interval?: string;
      honorLabels?: boolean;
      relabelings?: { sourceLabels: string[]; targetLabel: string }[];
    }[];
  }
>;

export type PrometheusRule = Custom<
  'monitoring.coreos.com/v1',
  'PrometheusRule',
  {
    groups: {
      name: string;
      rules: {
        alert: string;
        expr: string;
        for: string;
        labels: Record<string, string>;
        annotations: Record<string, string>;
      }[];
    }[];
  }
>;
