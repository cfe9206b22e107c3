import { get } from "node:http";

const request = get(`http://127.0.0.1:${process.env["PORT"] ?? "8080"}/health`, { timeout: 3000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
});
request.on("timeout", () => request.destroy());
request.on("error", () => process.exit(1));
