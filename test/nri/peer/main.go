// Plays the container runtime for the plugin's tests: NRI's own adaptation package behind a socket, told what
// to do by JSON lines on standard input, answering by JSON lines on standard output. Apache-2.0, as Pinfold.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/containerd/nri/pkg/adaptation"
	"github.com/containerd/nri/pkg/api"
	"google.golang.org/protobuf/encoding/protojson"
)

// command is one line of input. Pods and containers are in protobuf's JSON form.
type command struct {
	ID         int               `json:"id"`
	Op         string            `json:"op"`
	Socket     string            `json:"socket"`
	TimeoutMs  int               `json:"timeoutMs"`
	Pod        json.RawMessage   `json:"pod"`
	Container  json.RawMessage   `json:"container"`
	Pods       []json.RawMessage `json:"pods"`
	Containers []json.RawMessage `json:"containers"`
	// ResultFile gets a line for each call that has ended.
	ResultFile string `json:"resultFile"`
	// DelayMs is waited for before the call is made, so that the caller can be busy by then.
	DelayMs int `json:"delayMs"`
}

// result is one line of output: of a command, or, without id, of something that happened.
type result struct {
	ID      int     `json:"id,omitempty"`
	Event   string  `json:"event,omitempty"`
	Error   string  `json:"error,omitempty"`
	Millis  float64 `json:"millis,omitempty"`
	Plugins int     `json:"plugins"`
}

type peer struct {
	runtime    *adaptation.Adaptation
	output     sync.Mutex
	pods       []*api.PodSandbox
	containers []*api.Container
	results    *os.File
	state      sync.Mutex
	plugins    int
}

func (p *peer) print(r result) {
	p.output.Lock()
	defer p.output.Unlock()
	p.state.Lock()
	r.Plugins = p.plugins
	p.state.Unlock()
	line, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// UpdatePluginCount and the rest of adaptation.Metrics: how the package tells who is connected.
func (p *peer) UpdatePluginCount(count int) {
	p.state.Lock()
	changed := p.plugins != count
	p.plugins = count
	p.state.Unlock()
	if changed {
		p.print(result{Event: "plugins"})
	}
}

func (p *peer) RecordPluginInvocation(_, op string, err error) {
	if op == "Synchronize" {
		p.print(result{Event: "synchronized", Error: text(err)})
	}
}

func (p *peer) RecordPluginLatency(string, string, time.Duration)                          {}
func (p *peer) RecordPluginAdjustments(string, string, *api.ContainerAdjustment, int, int) {}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func decodePod(raw json.RawMessage) *api.PodSandbox {
	pod := &api.PodSandbox{}
	if err := protojson.Unmarshal(raw, pod); err != nil {
		panic(err)
	}
	return pod
}

func decodeContainer(raw json.RawMessage) *api.Container {
	container := &api.Container{}
	if err := protojson.Unmarshal(raw, container); err != nil {
		panic(err)
	}
	return container
}

// synchronize is called by the package for each plugin that registered.
func (p *peer) synchronize(ctx context.Context, tell adaptation.SyncCB) error {
	_, err := tell(ctx, p.pods, p.containers)
	return err
}

func (p *peer) start(c *command) error {
	if c.TimeoutMs > 0 {
		adaptation.SetPluginRequestTimeout(time.Duration(c.TimeoutMs) * time.Millisecond)
	}
	if c.ResultFile != "" {
		file, err := os.Create(c.ResultFile)
		if err != nil {
			return err
		}
		p.results = file
	}
	for _, raw := range c.Pods {
		p.pods = append(p.pods, decodePod(raw))
	}
	for _, raw := range c.Containers {
		p.containers = append(p.containers, decodeContainer(raw))
	}
	refuseUpdates := func(context.Context, []*api.ContainerUpdate) ([]*api.ContainerUpdate, error) {
		return nil, fmt.Errorf("the test's runtime updates nothing")
	}
	runtime, err := adaptation.New("pinfold-test", "v1", p.synchronize, refuseUpdates,
		adaptation.WithSocketPath(c.Socket),
		adaptation.WithPluginPath("/nonexistent"), adaptation.WithPluginConfigPath("/nonexistent"),
		adaptation.WithMetrics(p))
	if err != nil {
		return err
	}
	p.runtime = runtime
	return runtime.Start()
}

func (p *peer) do(c *command) error {
	ctx := context.Background()
	switch c.Op {
	case "start":
		return p.start(c)
	case "RunPodSandbox":
		return p.runtime.RunPodSandbox(ctx, &api.RunPodSandboxRequest{Pod: decodePod(c.Pod)})
	case "RemovePodSandbox":
		return p.runtime.RemovePodSandbox(ctx, &api.RemovePodSandboxRequest{Pod: decodePod(c.Pod)})
	case "CreateContainer":
		_, err := p.runtime.CreateContainer(ctx, &api.CreateContainerRequest{
			Pod: decodePod(c.Pod), Container: decodeContainer(c.Container)})
		return err
	case "StartContainer":
		return p.runtime.StartContainer(ctx, &api.StartContainerRequest{
			Pod: decodePod(c.Pod), Container: decodeContainer(c.Container)})
	case "StopContainer":
		_, err := p.runtime.StopContainer(ctx, &api.StopContainerRequest{
			Pod: decodePod(c.Pod), Container: decodeContainer(c.Container)})
		return err
	case "RemoveContainer":
		return p.runtime.RemoveContainer(ctx, &api.RemoveContainerRequest{
			Pod: decodePod(c.Pod), Container: decodeContainer(c.Container)})
	default:
		return fmt.Errorf("there is no %q", c.Op)
	}
}

// run makes the call and says how long it took, from the runtime's point of view.
func (p *peer) run(c *command) {
	time.Sleep(time.Duration(c.DelayMs) * time.Millisecond)
	begin := time.Now()
	err := p.do(c)
	millis := float64(time.Since(begin).Microseconds()) / 1000
	p.print(result{ID: c.ID, Error: text(err), Millis: millis})
	if p.results != nil && c.Op != "start" {
		fmt.Fprintln(p.results, c.ID)
	}
}

func main() {
	p := &peer{}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		c := &command{}
		if err := json.Unmarshal(line, c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if c.Op == "start" {
			p.run(c)
		} else {
			go p.run(c)
		}
	}
}
