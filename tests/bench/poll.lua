-- wrk as open queues, each asking as its browser does:  wrk -t4 -c200 -d10s -s poll.lua http://127.0.0.1:PORT -- /queue/version browsers.tsv 1700
-- A line of the file is a cookie and the mark that its page shows. Each thread has its share of them, a connection each.
local threads = 0
setup = function(thread) thread:set("place", threads); threads = threads + 1; thread:set("of", 4) end
local requests, at, began, every = {}, 0, 0, 0
init = function(args)
  every = tonumber(args[3])
  local n = 0
  for line in io.lines(args[2]) do
    if n % of == place then
      local cookie, mark = line:match("^(.-)\t(.*)$")
      requests[#requests + 1] = wrk.format("GET", args[1], { ["Host"] = "127.0.0.1", ["Cookie"] = cookie, ["If-None-Match"] = mark })
    end
    n = n + 1
  end
  math.randomseed(place + 1)
end
request = function() at = at + 1; return requests[(at - 1) % #requests + 1] end
delay = function()  -- milliseconds: spread at first
  began = began + 1
  return began <= #requests and math.floor(every * (began - math.random()) / #requests) or every
end
done = function(summary)
  io.write(string.format("polls=%d refused=%d socket_errors=%d\n", summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
