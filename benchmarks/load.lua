-- wrk's script: posts forms from a folder, one after another, and prints what it saw as JSON.
-- Arguments: folder, number of forms, content type, seconds at the start that do not count, visitors'
-- tokens with commas between them, and a text that stands in each form for a number that is never
-- sent twice; the last two may be empty.

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

local function words(text)
  local found = {}
  for word in text:gmatch("[^,]+") do
    table.insert(found, word)
  end
  return found
end

function init(args)
  local folder, count, content_type = args[1], tonumber(args[2]), args[3]
  local visitors, placeholder = words(args[5]), args[6]
  requests, places, position, answered, counted, failed = {}, {}, 0, 0, 0, 0
  for index = 0, count - 1 do
    local file = assert(io.open(folder .. "/" .. index, "rb"))
    local headers = { ["Content-Type"] = content_type }
    headers["X-Biopsia-Visitor"] = visitors[index % math.max(#visitors, 1) + 1]
    requests[index] = wrk.format("POST", nil, headers, file:read("*a"))
    file:close()
    if placeholder ~= "" then
      places[index] = { requests[index]:find(placeholder, 1, true) }
    end
  end
  -- Microseconds: a later run begins with a higher number than this one can reach.
  number = math.floor(now() * 1e6)
  counts_from = now() + tonumber(args[4])
end

function request()
  position = position + 1
  local index = position % (#requests + 1)
  local text, place = requests[index], places[index]
  if not place then
    return text
  end
  number = number + 1
  local first, last = place[1], place[2]
  local digits = string.format("%0" .. (last - first + 1) .. "d", number)
  return text:sub(1, first - 1) .. digits .. text:sub(last + 1)
end

function response(status)
  if status ~= 200 then
    failed = failed + 1
    return
  end
  answered = answered + 1
  if now() >= counts_from then
    counted = counted + 1
  end
end

function done(summary, latency)
  local answered, counted, failed = 0, 0, 0
  for _, thread in ipairs(threads) do
    answered = answered + thread:get("answered")
    counted = counted + thread:get("counted")
    failed = failed + thread:get("failed")
  end
  local errors = summary.errors
  failed = failed + errors.connect + errors.read + errors.write + errors.timeout
  print(string.format('{"answered": %d, "counted": %d, "failed": %d, "seconds": %f, '
    .. '"p50_ms": %f, "p99_ms": %f}',
    answered, counted, failed, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
