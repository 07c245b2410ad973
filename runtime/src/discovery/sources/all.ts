// The kinds of registries there are.
import type { Source } from "../source.ts";
import { consulSource } from "./consul.ts";
import { etcdSource } from "./etcd.ts";
import { eurekaSource } from "./eureka.ts";
import { fileSource } from "./file.ts";
import { kubernetesSource } from "./kubernetes.ts";

export const SOURCES: readonly Source[] = [
  consulSource,
  etcdSource,
  eurekaSource,
  fileSource,
  kubernetesSource,
];
