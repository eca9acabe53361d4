{{- define "fairseat.labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: fairseat
{{- end }}

{{/* The names of the services with paths, sorted. */}}
{{- define "fairseat.called" -}}
{{- $names := list }}
{{- range $name, $service := .Values.services }}{{ if $service.paths }}{{ $names = append $names $name }}{{ end }}{{ end }}
{{- join ", " $names }}
{{- end }}

{{/* A probe of the port for operations. */}}
{{- define "fairseat.probe" -}}
httpGet:
  path: {{ . }}
  port: operations
{{- end }}

{{/* Where the front reaches the services. */}}
{{- define "fairseat.parts" -}}
{{- range $name, $service := .Values.services }}{{ range $service.paths }}http://{{ $name }}:3000{{ . }} {{ end }}{{ end }}
{{- end }}

{{- define "fairseat.spread" -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- topologyKey: {{ . }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      app.kubernetes.io/part-of: fairseat
  matchLabelKeys: [app.kubernetes.io/name, pod-template-hash]
{{- end }}
{{- end }}
