package main

import (
	"errors"
	"fmt"

	"longtail/nn/objective"
	"longtail/results"
	"longtail/setup"
)

// sslFlags are the flags of train that use unlabeled images without pseudo-labels
// (claim S9).
type sslFlags struct {
	SSL     string  `name:"ssl" default:"pseudo-labels" enum:"pseudo-labels,vat,mean-teacher" help:"With --unlabeled: how these images are used. pseudo-labels: as mostly in the paper. vat, mean-teacher: without labels; a second term of the loss asks for consistent predictions, for vat on an image and on a slightly perturbed copy, for mean-teacher on two crops, one of them seen by a moving average of the network."`
	Epsilon float64 `default:"0" help:"With --ssl vat: length of the perturbation, in the L2 norm of the normalized image. 0: 6 for 32×32 pixels, and proportional to the square root of the number of pixels (for SVHN, Oliver et al. use 1)."`
}

// ssl returns --ssl as in results.Settings.SSL.
func (c *trainCmd) ssl() string {
	if c.SSL == "pseudo-labels" {
		return ""
	}
	return c.SSL
}

func (c *trainCmd) checkSSL() error {
	loss, _ := objective.LossNamed(c.Loss)
	switch ssl := c.ssl(); {
	case ssl != results.SSLVAT && c.Epsilon != 0:
		return errors.New("--epsilon needs --ssl vat")
	case ssl == "":
		return nil
	case c.Unlabeled == "":
		return fmt.Errorf("--ssl %s needs --unlabeled", ssl)
	case c.Base != "" || c.PseudoLabels != "" || c.Omega != 1 || c.Threshold != 0:
		return fmt.Errorf("--base, --pseudo-labels, --omega and --threshold are for pseudo-labels, which --ssl %s has none of", ssl)
	case loss.Scale != 1:
		return fmt.Errorf("--ssl %s: the probabilities of --loss %s are not the softmax of its logits; take ce, focal or balanced-softmax", ssl, c.Loss)
	case c.draws():
		return fmt.Errorf("--ssl %s draws its own batches, half of them labeled; take rule none, reweight or drw", ssl)
	case c.batch() < 2:
		return fmt.Errorf("--ssl %s: half of a batch is labeled and half is not, so --batch is at least 2", ssl)
	case !(c.Epsilon >= 0 && c.Epsilon < 1e6):
		return fmt.Errorf("--epsilon %v: above 0, or 0 for the default", c.Epsilon)
	}
	return nil
}

// epsilon returns VAT's perturbation length for images of this size; 0 without VAT.
func (c *trainCmd) epsilon(height, width int) float64 {
	switch {
	case c.ssl() != results.SSLVAT:
		return 0
	case c.Epsilon > 0:
		return c.Epsilon
	}
	return setup.VATEpsilon(height, width)
}
