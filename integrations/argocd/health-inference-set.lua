-- The health of a KAITO InferenceSet in Argo CD, for KAITO 0.8 to 0.12, v1alpha1 and v1beta1.
--
-- It is Healthy once as many replicas are ready as are asked for. One whose replicas fail stays Progressing: its
-- own status does not show why, but the health of its Workspaces does, which Argo CD shows below it. Only the
-- base library is needed.

local function map(value)
  if type(value) == "table" then return value end
  return {}
end

local function count(value)
  if type(value) == "number" and value >= 0 then return value end
  return nil
end

local function failing(conditions)
  for _, condition in ipairs(map(conditions)) do
    condition = map(condition)
    if condition.status == "False" and type(condition.message) == "string" and condition.message ~= "" then
      return ": " .. condition.message
    end
  end
  return ""
end

local function health(inference_set)
  local metadata, status = map(inference_set.metadata), map(inference_set.status)
  local wanted = count(map(inference_set.spec).replicas) or 1
  local ready = count(status.readyReplicas) or 0
  if metadata.deletionTimestamp ~= nil then
    return {status = "Progressing", message = "Terminating: it is being deleted, and its Workspaces with it"}
  end
  if wanted == 0 and (count(status.replicas) or 0) == 0 then
    return {status = "Healthy", message = "Running: scaled to 0 replicas"}
  end
  local counted = ready .. " of " .. wanted .. " replicas are ready"
  if ready >= wanted and wanted > 0 then
    return {status = "Healthy", message = "Running: " .. counted}
  end
  return {status = "Progressing", message = "Deploying: " .. counted .. failing(status.conditions)}
end

return health(obj)
