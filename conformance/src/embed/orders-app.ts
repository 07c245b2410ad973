// A service that lives in the gateway's process: `url: app:…` mounts its default export.
import { Hono } from "hono";

const app: Hono = new Hono();

app.all("/orders/*", async (context) => {
  return context.json(
    {
      method: context.req.method,
      path: context.req.path,
      query: context.req.query("q") ?? "",
      requestId: context.req.header("x-request-id") ?? "",
      consumer: context.req.header("x-consumer-username") ?? "",
      body: await context.req.text(),
    },
    201,
    { "X-From": "orders" },
  );
});

app.get("/throws", () => {
  throw new Error("the app broke");
});

export default app;
