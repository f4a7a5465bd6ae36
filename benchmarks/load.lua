-- wrk's script: posts forms from a folder, one after another, and prints what it saw as JSON.
-- Arguments: folder, number of forms, content type, seconds at the start that do not count.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } biopsia_time;
  int clock_gettime(int clock, biopsia_time *time);
]])
local time = ffi.new("biopsia_time")
local threads = {}

local function now()
  ffi.C.clock_gettime(1, time) -- CLOCK_MONOTONIC
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local folder, count, content_type = args[1], tonumber(args[2]), args[3]
  requests, position, counted, failed = {}, 0, 0, 0
  for index = 0, count - 1 do
    local file = assert(io.open(folder .. "/" .. index, "rb"))
    local headers = { ["Content-Type"] = content_type }
    requests[index] = wrk.format("POST", nil, headers, file:read("*a"))
    file:close()
  end
  counts_from = now() + tonumber(args[4])
end

function request()
  position = position + 1
  return requests[position % (#requests + 1)]
end

function response(status)
  if status ~= 200 then
    failed = failed + 1
  elseif now() >= counts_from then
    counted = counted + 1
  end
end

function done(summary, latency)
  local counted, failed = 0, 0
  for _, thread in ipairs(threads) do
    counted = counted + thread:get("counted")
    failed = failed + thread:get("failed")
  end
  local errors = summary.errors
  failed = failed + errors.connect + errors.read + errors.write + errors.timeout
  print(string.format('{"counted": %d, "failed": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f}',
    counted, failed, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
