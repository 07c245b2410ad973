// An embedding program: createGateway over Request and Response, without a socket of ours. It reads a job from the
// file that it is given, and prints the answers as JSON.
import { readFile } from "node:fs/promises";

import { createGateway } from "@sluice/runtime";

export interface Job {
  readonly config: Readonly<Record<string, unknown>>;
  readonly pluginFolders?: readonly string[];
  readonly requests: readonly {
    readonly url: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }[];
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

// The job is written by the test beside this file.
const job = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as Job;
const app = await createGateway(job.config, { pluginFolders: job.pluginFolders ?? [] });
const answers: Answer[] = [];
for (const { url, ...init } of job.requests) {
  const response = await app.fetch(new Request(url, init));
  answers.push({
    status: response.status,
    headers: [...response.headers],
    body: await response.text(),
  });
}
console.log(JSON.stringify(answers));
process.exit(0);
