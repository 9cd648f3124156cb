package tsne

import (
	"context"
	"errors"
	"math"
)

const (
	exaggeration     = 12
	exaggeratedSteps = 250
	longestStep      = 5 // of a point in an iteration, as in openTSNE
)

// descent is gradient descent on the divergence with momentum and gains (Jacobs
// 1988, as in van der Maaten and Hinton's program).
type descent struct {
	crew                 crew
	p                    *affinity
	repulsion            repulsion
	y, step, gain        []float64 // n×2
	attraction, repelled []float64 // n×2

	// Of the current iteration.
	z, factor, rate, momentum float64
}

func newDescent(c crew, p *affinity, r repulsion, y []float64) *descent {
	s := &descent{crew: c, p: p, repulsion: r, y: y,
		step: make([]float64, len(y)), gain: make([]float64, len(y)),
		attraction: make([]float64, len(y)), repelled: make([]float64, len(y))}
	for i := range s.gain {
		s.gain[i] = 1
	}
	return s
}

// run moves y in place.
func (s *descent) run(ctx context.Context, o Options) error {
	n := len(s.y) / 2
	early := min(exaggeratedSteps, o.Iterations/3)
	for i := range o.Iterations {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.factor, s.momentum = 1, 0.8
		if i < early {
			s.factor, s.momentum = exaggeration, 0.5
		}
		s.rate = max(200, float64(n)/s.factor)
		s.gradient()
		if !(s.z > 0) || math.IsInf(s.z, 0) {
			return errors.New("t-SNE: the map diverged")
		}
		s.crew.run(blocks(n), s.move)
		if o.Report != nil {
			o.Report(i + 1)
		}
	}
	return nil
}

// gradient computes both forces and Z at y. A quarter of the divergence's gradient
// (equation 5 of van der Maaten and Hinton 2008) is factor·attraction − repelled/Z.
// The learning rate is for that quarter, as in openTSNE; scikit-learn's is for the
// whole gradient and a quarter as large.
func (s *descent) gradient() {
	s.z = s.repulsion.forces(s.y, s.repelled, blocks(len(s.y)/2), s.attract)
}

// attract computes Σ_j p_ij·(y_i − y_j)/(1+‖y_i − y_j‖²) for a block of points.
func (s *descent) attract(b, _ int) {
	y := s.y
	for i := b * block; i < min(len(y)/2, (b+1)*block); i++ {
		x0, y0 := y[2*i], y[2*i+1]
		row := s.p.col[s.p.start[i]:s.p.start[i+1]]
		p := s.p.p[s.p.start[i]:][:len(row)]
		var fx, fy float64
		for e, j := range row {
			o := y[2*j:][:2]
			dx, dy := x0-o[0], y0-o[1]
			q := float64(p[e]) / (1 + dx*dx + dy*dy)
			fx += q * dx
			fy += q * dy
		}
		s.attraction[2*i], s.attraction[2*i+1] = fx, fy
	}
}

func (s *descent) move(b, _ int) {
	for i := 2 * b * block; i < min(len(s.y), 2*(b+1)*block); i += 2 {
		for c := i; c < i+2; c++ {
			g := s.factor*s.attraction[c] - s.repelled[c]/s.z
			if s.step[c]*g < 0 { // still the same direction
				s.gain[c] += 0.2
			} else {
				s.gain[c] = max(0.01, 0.8*s.gain[c])
			}
			s.step[c] = s.momentum*s.step[c] - s.rate*s.gain[c]*g
		}
		if long := math.Hypot(s.step[i], s.step[i+1]); long > longestStep {
			s.step[i] *= longestStep / long
			s.step[i+1] *= longestStep / long
		}
		s.y[i] += s.step[i]
		s.y[i+1] += s.step[i+1]
	}
}

// divergence returns KL(P‖Q) = Σ p·log(p/q) in nats, with Z over all pairs.
func divergence(p *affinity, pairs *dense, y []float64) float64 {
	n := len(y) / 2
	z := pairs.forces(y, make([]float64, len(y)), 0, nil)
	part := make([]float64, blocks(n))
	pairs.crew.run(len(part), func(b, _ int) {
		for i := b * block; i < min(n, (b+1)*block); i++ {
			for e := p.start[i]; e < p.start[i+1]; e++ {
				if v := float64(p.p[e]); v > 0 {
					j := p.col[e]
					dx, dy := y[2*i]-y[2*j], y[2*i+1]-y[2*j+1]
					part[b] += v * math.Log(v*z*(1+dx*dx+dy*dy))
				}
			}
		}
	})
	kl := 0.0
	for _, v := range part {
		kl += v
	}
	return kl
}
