-- wrk replays the lines of wires.py:  wrk … -s post_any.lua http://127.0.0.1:PORT -- PATH FILE SIGNED-BY NAME VALUE [NAME VALUE …]
local requests, at = {}, 0
init = function(args)
  local common = {}
  for i = 4, #args, 2 do common[args[i]] = args[i + 1] end
  for line in io.lines(args[2]) do
    local signature, body = line:match("^(.-)\t(.*)$")
    local headers = { ["Content-Length"] = tostring(#body), [args[3]] = signature }
    for name, value in pairs(common) do headers[name] = value end
    requests[#requests + 1] = wrk.format("POST", args[1], headers, body)
  end
end
request = function() at = at + 1; return requests[(at - 1) % #requests + 1] end
done = function(summary, latency)
  io.write(string.format("rate_per_s=%.1f p50_ms=%.2f p99_ms=%.2f max_ms=%.2f requests=%d non2xx=%d socket_errors=%d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000, summary.requests,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
