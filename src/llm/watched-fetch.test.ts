import { createServer, type RequestListener } from "node:http";
import { expect, test } from "vitest";
import { watchedFetch } from "./watched-fetch.ts";

async function serving<T>(answer: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    return await use(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("an answer without end is ended", async () => {
  const block = Buffer.alloc(1 << 20, "x");
  const endless: RequestListener = (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(block));
    };
    response.on("drain", more);
    more();
  };
  await serving(endless, async (url) => {
    const { fetch, wire } = watchedFetch(() => undefined);
    const size = (await (await fetch(url)).arrayBuffer()).byteLength;
    expect(wire.failure).toBe("TOO_LARGE");
    expect(size).toBeLessThanOrEqual(16 << 20);
  });
});

test("a refusal that a chunk cuts in two is read whole", async () => {
  const line = `data: ${JSON.stringify({ choices: [{ delta: { refusal: "ich möchte nicht" } }] })}\n\n`;
  const bytes = Buffer.from(line);
  const cut = bytes.indexOf("ö") + 1;
  const sent = Promise.withResolvers<void>();
  const halves: RequestListener = (_, response) => {
    response.write(bytes.subarray(0, cut));
    sent.promise.then(() => response.end(bytes.subarray(cut)));
  };
  await serving(halves, async (url) => {
    const { fetch, wire } = watchedFetch(() => undefined);
    const response = await fetch(url);
    sent.resolve();
    expect(await response.text()).toBe(line);
    expect(wire.refusal).toBe("ich möchte nicht");
  });
});

test("an error's body is kept, cut, and still readable by the caller", async () => {
  await serving(
    (_, response) => response.writeHead(503, { "retry-after": "2" }).end("y".repeat(100_000)),
    async (url) => {
      const { fetch, wire } = watchedFetch(() => undefined);
      const text = await (await fetch(url)).text();
      expect(wire).toMatchObject({ sent: true, status: 503, retryAfterMs: 2_000 });
      expect(wire.errorBody).toHaveLength(65_536);
      expect(text).toBe(wire.errorBody);
    },
  );
});
