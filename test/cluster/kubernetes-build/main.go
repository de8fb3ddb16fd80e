// One file that is every Kubernetes program of a test cluster: the name it is called by says which.
// Linked into one, the programs share nearly all of their code: 140 MB instead of 400, one build instead of six.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kubelet":
		os.Exit(cli.Run(kubeletCommand()))
	case "kubectl":
		// kubectl prints its own errors in its own words.
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "unknown program name:", name)
		os.Exit(64)
	}
}

// kubeletCommand calls NewKubeletCommand with or without a context: 1.30 takes none, 1.36 takes one.
func kubeletCommand() *cobra.Command {
	construct := reflect.ValueOf(kubelet.NewKubeletCommand)
	var arguments []reflect.Value
	if construct.Type().NumIn() == 1 {
		arguments = append(arguments, reflect.ValueOf(context.Background()))
	}
	return construct.Call(arguments)[0].Interface().(*cobra.Command)
}
