// What people do first, with a client made by openapi-typescript and openapi-fetch.
import createClient from "openapi-fetch";
import type { paths } from "./generated.js";

const baseUrl = process.env.DEMO_URL!;
const password = "ocariot-demo";

function expect(held: boolean, what: string): asserts held {
  if (!held) throw new Error(`TypeScript client: ${what}`);
}

const anonymous = createClient<paths>({ baseUrl });
const login = await anonymous.POST("/auth", { body: { username: "admin", password } });
expect(login.data !== undefined, "logs in");
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${login.data.access_token}` } });

const school = await client.POST("/institutions", { body: { name: "TypeScript School", type: "School" } });
expect(school.data !== undefined, "registers an institution");
const child = await client.POST("/children", {
  body: { username: "TS0001", password: "first", institution_id: school.data.id, gender: "female", age: 9 },
});
expect(child.data?.age === "9", "registers a child");

const list = await client.GET("/children", { params: { query: { username: "TS*", limit: 5 } } });
expect(list.data?.length === 1 && list.data[0]?.id === child.data.id, "lists with a filter");
expect(list.response.headers.get("X-Total-Count") === "1", "reads the total");

const path = { user_id: child.data.id };
const reset = await client.POST("/users/{user_id}/reset-password", { params: { path }, body: { new_password: "next" } });
expect(reset.response.status === 204, "resets a password");
const again = await anonymous.POST("/auth", { body: { username: "TS0001", password: "next" } });
expect(again.data !== undefined, "logs in with the new password");

const absent = await client.GET("/children/{child_id}", { params: { path: { child_id: "507f191e810c19729de860ea" } } });
expect(absent.error?.code === 404 && absent.error.message === "Child not found!", "handles an error");
