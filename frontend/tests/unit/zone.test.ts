import { expect, test } from "vitest";
import { zoneOf } from "@/lib/dates/zone";

test.each([
  ["Asia/Kolkata", "Asia/Kolkata"],
  ["America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
  ["UTC", "UTC"],
  ["Europe/Nowhere", null],
  ["<script>", null],
  ["", null],
  [undefined, null],
  ["A".repeat(5000), null],
])("a cookie %j names the zone %j", (cookie, zone) => {
  expect(zoneOf(cookie)).toBe(zone);
});
