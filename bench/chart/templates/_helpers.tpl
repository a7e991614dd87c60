{{- define "computeType" -}}
{{- .Values.computeType | default (ternary "gpu" "cpu" (eq .Values.modelSource "vllm")) -}}
{{- end }}

{{- define "labels" -}}
app.kubernetes.io/name: kubefoundry
app.kubernetes.io/instance: {{ .Values.name | quote }}
kubefoundry.io/model-source: {{ .Values.modelSource | quote }}
kubefoundry.io/compute-type: {{ include "computeType" . | quote }}
{{- end }}

{{- define "probe" -}}
httpGet:
  path: {{ ternary "/health" "/readyz" (eq .Values.modelSource "vllm") }}
  port: {{ ternary 8000 5000 (eq .Values.modelSource "vllm") }}
  scheme: HTTP
{{- end }}

{{- define "image" -}}
{{- if .Values.imageRef }}{{ .Values.imageRef }}
{{- else if eq .Values.modelSource "vllm" }}mcr.microsoft.com/aks/kaito/kaito-base:0.1.1
{{- else if eq .Values.modelSource "premade" }}ghcr.io/kaito-project/aikit/{{ .Values.premadeModel }}
{{- else if eq (include "computeType" .) "gpu" }}ghcr.io/kaito-project/aikit/runners/llama-cpp-cuda:latest
{{- else }}ghcr.io/kaito-project/aikit/runners/llama-cpp-cpu:latest
{{- end }}
{{- end }}

{{- define "container.vllm" -}}
command:
  - python3
args:
  - -m
  - vllm.entrypoints.openai.api_server
  - --model
  - {{ .Values.modelId | quote }}
  - --tensor-parallel-size
  - {{ .Values.resources.gpu | default 1 | toString | quote }}
  - --trust-remote-code
{{- with .Values.maxModelLen }}
  - --max-model-len
  - {{ . | int64 | toString | quote }}
{{- end }}
{{- range .Values.extraArgs }}
  - {{ . | quote }}
{{- end }}
ports:
  - containerPort: 8000
    protocol: TCP
{{- with .Values.hfTokenSecret }}
env:
  - name: HF_TOKEN
    valueFrom:
      secretKeyRef:
        name: {{ . | quote }}
        key: HF_TOKEN
{{- end }}
livenessProbe:
  {{- include "probe" . | nindent 2 }}
  initialDelaySeconds: {{ mul (.Values.startupMinutes | default 10) 60 }}
  periodSeconds: 10
  failureThreshold: 3
volumeMounts:
  - name: dshm
    mountPath: /dev/shm
{{- end }}

{{- define "container.llamacpp" -}}
args:
{{- if or (eq .Values.modelSource "premade") (eq (.Values.ggufRunMode | default "direct") "build") }}
  - run
{{- else }}
  - {{ printf "https://huggingface.co/%s/resolve/main/%s" .Values.modelId .Values.ggufFile | quote }}
{{- end }}
  - --address=:5000
{{- range .Values.extraArgs }}
  - {{ . | quote }}
{{- end }}
ports:
  - containerPort: 5000
    protocol: TCP
{{- end }}

{{- define "resources" -}}
{{- $gpu := .Values.resources.gpu -}}
{{- if eq (include "computeType" .) "gpu" }}{{ $gpu = $gpu | default 1 }}{{ end -}}
{{- if or $gpu .Values.resources.cpu .Values.resources.memory }}
requests:
  {{- with .Values.resources.cpu }}
  cpu: {{ . | quote }}
  {{- end }}
  {{- with .Values.resources.memory }}
  memory: {{ . | quote }}
  {{- end }}
  {{- with $gpu }}
  nvidia.com/gpu: {{ . | toString | quote }}
  {{- end }}
{{- with $gpu }}
limits:
  nvidia.com/gpu: {{ . | toString | quote }}
{{- end }}
{{- else }}
{}
{{- end }}
{{- end }}
