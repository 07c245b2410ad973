// Answers with what it was asked: the upstream of the quickstart.
import { Hono } from "hono";

const app: Hono = new Hono();

app.all("*", async (c) =>
  c.json({
    method: c.req.method,
    path: c.req.path,
    headers: c.req.header(),
    body: await c.req.text(),
  }),
);

export default app;
