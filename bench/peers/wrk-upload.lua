-- Every request uploads __bodyBytes__ bytes. wrk has one script a run, so this one brings the report along.
dofile("__peersDir__/wrk-report.lua")
wrk.method = "POST"
wrk.path = "__path__"
wrk.body = string.rep("x", __bodyBytes__)
wrk.headers["Content-Type"] = "application/octet-stream"
