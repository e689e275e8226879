// A peer of go-libp2p for interop tests. It prints its id and addresses as a line
// of JSON, echoes what it gets on /test/echo/1, and relays. Every line on its
// standard input is the address of a peer to dial: it has that one echo a megabyte
// and prints what came of it. It ends with its input.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	libp2pwebrtc "github.com/libp2p/go-libp2p/p2p/transport/webrtc"
	"github.com/libp2p/go-libp2p/p2p/transport/websocket"
	libp2pwebtransport "github.com/libp2p/go-libp2p/p2p/transport/webtransport"
)

const (
	echo     = "/test/echo/1"
	patience = 20 * time.Second
	length   = 1_000_000
)

// What is printed of a dial.
type outcome struct {
	Security string `json:"security"`
	Muxer    string `json:"muxer"`
	Error    string `json:"error,omitempty"`
}

// What is printed at the start.
type self struct {
	Addresses []string `json:"addresses"`
}

func main() {
	node, err := libp2p.New(
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(websocket.New),
		libp2p.Transport(libp2pwebtransport.New),
		libp2p.Transport(libp2pwebrtc.New),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ListenAddrStrings(
			"/ip4/127.0.0.1/tcp/0",
			"/ip4/127.0.0.1/tcp/0/ws",
			"/ip4/127.0.0.1/udp/0/quic-v1/webtransport",
			"/ip4/127.0.0.1/udp/0/webrtc-direct",
		),
		libp2p.DisableMetrics(),
		// it relays if it believes that others can reach it
		libp2p.ForceReachabilityPublic(),
		libp2p.EnableRelayService(),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	node.SetStreamHandler(echo, func(stream network.Stream) {
		if _, err := io.Copy(stream, stream); err != nil {
			_ = stream.Reset()
			return
		}
		_ = stream.Close()
	})

	out := json.NewEncoder(os.Stdout)
	addresses, err := peer.AddrInfoToP2pAddrs(host.InfoFromHost(node))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	texts := []string{}
	for _, address := range addresses {
		texts = append(texts, address.String())
	}
	_ = out.Encode(self{Addresses: texts})

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		result, err := exchange(node, lines.Text())
		if err != nil {
			result.Error = err.Error()
		}
		_ = out.Encode(result)
	}
	_ = node.Close()
}

// Dials a peer and has it echo.
func exchange(node host.Host, address string) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	info, err := peer.AddrInfoFromString(address)
	if err != nil {
		return outcome{}, err
	}
	// not by a connection that the other end is about to close
	_ = node.Network().ClosePeer(info.ID)
	if err := node.Connect(ctx, *info); err != nil {
		return outcome{}, err
	}
	stream, err := node.NewStream(network.WithAllowLimitedConn(ctx, "echo"), info.ID, echo)
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = stream.Conn().Close() }()
	_ = stream.SetDeadline(time.Now().Add(patience))
	state := stream.Conn().ConnState()
	result := outcome{Security: string(state.Security), Muxer: string(state.StreamMultiplexer)}

	sent := make([]byte, length)
	rand.New(rand.NewSource(1)).Read(sent)
	writing := make(chan error, 1)
	go func() {
		if _, err := stream.Write(sent); err != nil {
			writing <- err
			return
		}
		writing <- stream.CloseWrite()
	}()
	received, err := io.ReadAll(stream)
	if err != nil {
		return result, err
	}
	if err := <-writing; err != nil {
		return result, err
	}
	if !bytes.Equal(received, sent) {
		return result, fmt.Errorf("%d bytes came back, or others than the %d that were sent", len(received), len(sent))
	}
	return result, nil
}
