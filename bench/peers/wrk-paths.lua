-- Asks for the paths of a file, one a line, in their order. All requests are written before the first is sent.
dofile("__peersDir__/wrk-report.lua")
local requests, at = {}, 0
function init()
  for path in io.lines("__pathsFile__") do requests[#requests + 1] = wrk.format("GET", path) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
