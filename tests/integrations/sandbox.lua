-- Runs a health check as Argo CD does: base, package, table and a safe os; `string` only where asked for.
-- Arguments: the check, a file that returns a list of objects, "open" to leave the string library.
local check, objects, libraries = arg[1], dofile(arg[2]), arg[3]
local write, parse, set_environment, format = io.write, loadfile, setfenv, string.format
local safe = {
  assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs, next = next, pairs = pairs,
  pcall = pcall, rawequal = rawequal, rawget = rawget, rawset = rawset, select = select,
  setmetatable = setmetatable, tonumber = tonumber, tostring = tostring, type = type, unpack = unpack,
  table = table, os = {time = os.time, date = os.date},
}
if libraries == "open" then
  safe.string = string
else
  debug.setmetatable("", nil) -- without a string library a text has no methods either
end
for _, object in ipairs(objects) do
  safe.obj = object
  local answer = set_environment(assert(parse(check)), safe)()
  write(answer.status, "\t", (answer.message or ""), "\n")
end
