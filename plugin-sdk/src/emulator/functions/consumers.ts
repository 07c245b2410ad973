// Host functions on consumers, and who the client of a request turned out to be.
import { Fault, Property } from "../../abi.ts";
import { consumerOf } from "../../testing/fake-consumers.ts";
import type { ConsumerInit } from "../../testing/fake-consumers.ts";
import type { Exchange } from "../exchange.ts";
import type { GuestContext, HostFunctions } from "./guest-context.ts";

const MAX_IDENTIFIER_BYTES = 256;

export function consumerFunctions({
  host,
  memory,
  calls,
}: GuestContext): HostFunctions<
  | "credential_find"
  | "credential_get"
  | "consumer_find"
  | "consumer_find_by"
  | "consumer_get"
  | "authenticate"
  | "authenticate_by"
> {
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

    credential_get: (request, credential, buffer, limit) => {
      if (calls.exchangeOf(request) === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      const found = host.credentials[credential];
      if (found === undefined) return Fault.badHandle;
      const { fields, id } = found.credential;
      const text = JSON.stringify({ ...fields, id, consumer_id: found.consumer.id });
      return memory.writeUtf8(text, buffer, limit);
    },

    consumer_find: (request, name, nameLength) => {
      if (calls.exchangeOf(request) === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      const wanted = memory.readUtf8(name, nameLength);
      const byId = consumers.findIndex(({ id }) => id === wanted);
      return byId >= 0 ? byId : consumers.findIndex(({ username }) => username === wanted);
    },

    consumer_find_by: (request, property, value, valueLength) => {
      if (calls.exchangeOf(request) === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      const wanted = memory.readUtf8(value, valueLength);
      switch (property) {
        case Property.consumerId:
          return consumers.findIndex(({ id }) => id === wanted);
        case Property.consumerUsername:
          return consumers.findIndex(({ username }) => username === wanted);
        case Property.consumerCustomId:
          return consumers.findIndex(({ customId }) => customId === wanted);
        default:
          return Fault.badValue;
      }
    },

    consumer_get: (request, consumer, buffer, limit) => {
      const exchange = calls.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      if (consumer >= 0 && !isGranted) return Fault.denied;
      const found = consumer < 0 ? exchange.consumer : consumers[consumer];
      if (found === undefined) return consumer < 0 ? Fault.absent : Fault.badHandle;
      const { customId: custom_id, ...others } = consumerOf(found);
      return memory.writeUtf8(JSON.stringify({ ...others, custom_id }), buffer, limit);
    },

    authenticate_by: (request, consumer, id, idLength) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      if (call.phase !== "access") return Fault.wrongPhase;
      if (idLength === 0) return Fault.badValue;
      if (idLength > MAX_IDENTIFIER_BYTES) return Fault.limit;
      const who = consumers[consumer];
      if (consumer >= 0 && who === undefined) return Fault.badHandle;
      const name = memory.readUtf8(id, idLength);
      become(call.exchange, who, { id: name });
      return 0;
    },

    authenticate: (request, consumer, credential) => {
      const call = calls.of(request);
      if (call?.exchange === undefined) return Fault.badHandle;
      if (!isGranted) return Fault.denied;
      if (call.phase !== "access") return Fault.wrongPhase;
      const found = credential < 0 ? undefined : host.credentials[credential];
      const who = found?.consumer ?? (credential < 0 ? consumers[consumer] : undefined);
      if (who === undefined) return Fault.badHandle;
      become(call.exchange, who, found?.credential);
      return 0;
    },
  };
}

/** Kong's identity headers, for the upstream. */
function become(
  exchange: Exchange,
  consumer: ConsumerInit | undefined,
  credential: { readonly id: string; readonly identifier?: string } | undefined,
): void {
  exchange.consumer = consumer;
  exchange.credentialId = credential?.id;
  const { requestFields } = exchange;
  requestFields.set("X-Consumer-ID", consumer?.id);
  requestFields.set("X-Consumer-Username", consumer?.username);
  requestFields.set("X-Consumer-Custom-ID", consumer?.customId);
  requestFields.set("X-Consumer-Groups", undefined);
  requestFields.set("X-Authenticated-Groups", undefined);
  requestFields.set("X-Credential-Identifier", credential?.identifier ?? credential?.id);
  requestFields.set("X-Anonymous-Consumer", credential === undefined ? "true" : undefined);
}
