// Host functions on consumers, and who the client of a request turned out to be.
import { Fault } from "../../abi.ts";
import type { ConsumerInit } from "../../testing/fake-consumers.ts";
import type { Exchange } from "../exchange.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

export function consumerFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<"credential_find" | "consumer_find" | "authenticate"> {
  const { consumers } = host.options;
  const isGranted = host.grants.consumers === true;
  return {
    credential_find: (request, collection, collectionLength, key, keyLength) => {
      if (calls.exchangeOf(request) === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      const [of, secret] = [
        memory.readUtf8(collection, collectionLength),
        memory.readUtf8(key, keyLength),
      ];
      // -1 is Fault.absent.
      return host.credentials.findIndex(
        ({ credential }) => credential.collection === of && credential.key === secret,
      );
    },

    consumer_find: (request, name, nameLength) => {
      if (calls.exchangeOf(request) === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      const wanted = memory.readUtf8(name, nameLength);
      const byId = consumers.findIndex(({ id }) => id === wanted);
      return byId >= 0 ? byId : consumers.findIndex(({ username }) => username === wanted);
    },

    authenticate: (request, consumer, credential) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      if (call.phase !== "access") return Fault.wrongPhase;
      const found = credential < 0 ? undefined : host.credentials[credential];
      const who = found?.consumer ?? (credential < 0 ? consumers[consumer] : undefined);
      if (who === undefined) return Fault.badHandle;
      become(call.exchange, who, found?.credential.id);
      return 0;
    },
  };
}

/** Kong's identity headers, for the upstream. */
function become(
  exchange: Exchange,
  consumer: ConsumerInit,
  credentialId: string | undefined,
): void {
  exchange.consumer = consumer;
  exchange.credentialId = credentialId;
  const { requestFields } = exchange;
  requestFields.set("X-Consumer-ID", consumer.id);
  requestFields.set("X-Consumer-Username", consumer.username);
  requestFields.set("X-Consumer-Custom-ID", consumer.customId);
  requestFields.set("X-Credential-Identifier", credentialId);
  requestFields.set("X-Anonymous-Consumer", credentialId === undefined ? "true" : undefined);
}
