// fluxcel judges objects by the healthCheckExprs of a Flux Kustomization, with Flux's own evaluator.
//
//	fluxcel kustomization.yaml < objects.json
//
// The input is a JSON array of objects, the output one of {"status": …} or {"error": …}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

type kustomization struct {
	Spec struct {
		HealthCheckExprs []kustomize.CustomHealthCheck `json:"healthCheckExprs"`
	} `json:"spec"`
}

type answer struct {
	Status string `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	evaluators, err := read(os.Args[1])
	if err != nil {
		return err
	}
	var objects []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		return err
	}
	answers := make([]answer, 0, len(objects))
	for _, raw := range objects {
		object := &unstructured.Unstructured{}
		// As the cluster's objects are decoded: whole numbers as int64.
		if err := object.UnmarshalJSON(raw); err != nil {
			return err
		}
		evaluator := evaluators[object.GroupVersionKind().GroupKind()]
		if evaluator == nil {
			return fmt.Errorf("no health check for %s", object.GroupVersionKind())
		}
		result, err := evaluator.Evaluate(context.Background(), object)
		if err != nil {
			answers = append(answers, answer{Error: err.Error()})
			continue
		}
		answers = append(answers, answer{Status: string(result.Status)})
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func read(file string) (map[schema.GroupKind]*cel.StatusEvaluator, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var parsed kustomization
	if err := yaml.Unmarshal(text, &parsed); err != nil {
		return nil, err
	}
	evaluators := map[schema.GroupKind]*cel.StatusEvaluator{}
	for _, check := range parsed.Spec.HealthCheckExprs {
		evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
		if err != nil {
			return nil, err
		}
		evaluators[schema.FromAPIVersionAndKind(check.APIVersion, check.Kind).GroupKind()] = evaluator
	}
	return evaluators, nil
}
