-- For wrk: one request again and again (BENCH_METHOD, BENCH_BODY, BENCH_HEADERS, a line each). With BENCH_EACH, a file, the
-- requests take turns: each of its lines stands once for {each} in path, body and headers. With BENCH_TOKENS a chain of
-- refreshes: each request presents the refresh token that an earlier answer brought. With BENCH_ANSWER every answer must have
-- that text in it. Prints one line of figures.
local function lines(text)
  return string.gmatch(text or "", "[^\n]+")
end

wrk.method = os.getenv("BENCH_METHOD") or "GET"
local body = os.getenv("BENCH_BODY")
if body ~= "" then wrk.body = body end
for line in lines(os.getenv("BENCH_HEADERS")) do
  local name, value = string.match(line, "^([^:]+): (.*)$")
  wrk.headers[name] = value
end

local threads = {}
function setup(thread)
  thread:set("part", #threads)
  table.insert(threads, thread)
end

local function failed(errors)
  return errors.connect + errors.read + errors.write + errors.timeout
end

local each, file, expected = os.getenv("BENCH_EACH"), os.getenv("BENCH_TOKENS"), os.getenv("BENCH_ANSWER")
if each then
  local requests, number = {}, 0
  function init(args)
    local function with(text, line)
      return text and string.gsub(text, "{each}", line)
    end
    local path = os.getenv("BENCH_PATH")
    for line in io.lines(each) do
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = with(value, line) end
      table.insert(requests, wrk.format(nil, with(path, line), headers, with(wrk.body, line)))
    end
    -- Another place in each round, or a worker would meet those again that it remembers.
    number = (math.floor(part * #requests / 2) + os.time() * 3571) % #requests
  end
  function request()
    number = number % #requests + 1
    return requests[number]
  end
end

if file then
  local queue, head, tail = {}, 1, 0
  function init(args)
    local number = 0
    for line in io.lines(file) do
      if number % 2 == part then
        tail = tail + 1
        queue[tail] = line
      end
      number = number + 1
    end
  end
  function request()
    local token = queue[head]
    queue[head] = nil
    head = head + 1
    return wrk.format(nil, nil, nil, "refresh_token=" .. token)
  end
  function response(status, headers, body)
    local token = string.match(body, '"refresh_token":"([^"]+)"')
    tail = tail + 1
    queue[tail] = token or "none"
  end
elseif expected then
  function response(status, headers, body)
    if not string.find(body, expected, 1, true) then wrong_answers = (wrong_answers or 0) + 1 end
  end
  function done(summary, latency, requests)
    local sum = 0
    for _, thread in ipairs(threads) do sum = sum + (thread:get("wrong_answers") or 0) end
    print(string.format("CHECKED %d %d %d", summary.requests, sum + failed(summary.errors) + summary.errors.status,
      summary.bytes))
  end
end

if not done then
  function done(summary, latency, requests)
    print(string.format("FIGURES %d %d %d %d %d %d %d", summary.requests, summary.duration, failed(summary.errors),
      summary.errors.status, latency:percentile(50), latency:percentile(99), summary.bytes))
  end
end
