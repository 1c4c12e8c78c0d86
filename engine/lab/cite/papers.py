"""The papers, each once: authors, title, where and when."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """One entry of a bibliography.

    ``venue`` is a journal, proceedings, publisher or institution by ``kind``;
    ``volume`` is that of a journal. What there is none of is empty.
    """

    authors: str
    title: str
    year: int
    venue: str = ""
    arxiv: str = ""
    doi: str = ""
    volume: str = ""
    pages: str = ""
    kind: str = "inproceedings"


_NEURIPS = "Advances in Neural Information Processing Systems"
_ICLR = "International Conference on Learning Representations"
_ICML = "International Conference on Machine Learning"
_CVPR = "IEEE/CVF Conference on Computer Vision and Pattern Recognition"
_ICCV = "IEEE International Conference on Computer Vision"
_UCI = "UCI Machine Learning Repository"


def _arxiv(authors: str, title: str, year: int, arxiv: str, venue: str = "") -> Paper:
    """A paper on arXiv, and where it came out."""
    kind = "inproceedings" if venue else "misc"
    return Paper(authors, title, year, venue, arxiv, kind=kind)


# Models

MODEL_PAPERS: dict[str, Paper] = {
    "liu2022flow": _arxiv(
        "Liu, Xingchao and Gong, Chengyue and Liu, Qiang",
        "Flow Straight and Fast: Learning to Generate and Transfer Data with Rectified "
        "Flow",
        2023,
        "2209.03003",
        _ICLR,
    ),
    "lipman2022flow": _arxiv(
        "Lipman, Yaron and Chen, Ricky T. Q. and Ben-Hamu, Heli and Nickel, Maximilian "
        "and Le, Matt",
        "Flow Matching for Generative Modeling",
        2023,
        "2210.02747",
        _ICLR,
    ),
    "ho2020denoising": _arxiv(
        "Ho, Jonathan and Jain, Ajay and Abbeel, Pieter",
        "Denoising Diffusion Probabilistic Models",
        2020,
        "2006.11239",
        _NEURIPS,
    ),
    "song2020score": _arxiv(
        "Song, Yang and Sohl-Dickstein, Jascha and Kingma, Diederik P. and Kumar, "
        "Abhishek and Ermon, Stefano and Poole, Ben",
        "Score-Based Generative Modeling through Stochastic Differential Equations",
        2021,
        "2011.13456",
        _ICLR,
    ),
    "karras2022elucidating": _arxiv(
        "Karras, Tero and Aittala, Miika and Aila, Timo and Laine, Samuli",
        "Elucidating the Design Space of Diffusion-Based Generative Models",
        2022,
        "2206.00364",
        _NEURIPS,
    ),
    "chen2018neural": _arxiv(
        "Chen, Ricky T. Q. and Rubanova, Yulia and Bettencourt, Jesse and Duvenaud, "
        "David",
        "Neural Ordinary Differential Equations",
        2018,
        "1806.07366",
        _NEURIPS,
    ),
    "dinh2016density": _arxiv(
        "Dinh, Laurent and Sohl-Dickstein, Jascha and Bengio, Samy",
        "Density Estimation Using {Real NVP}",
        2017,
        "1605.08803",
        _ICLR,
    ),
    "dinh2014nice": _arxiv(
        "Dinh, Laurent and Krueger, David and Bengio, Yoshua",
        "{NICE}: Non-linear Independent Components Estimation",
        2014,
        "1410.8516",
    ),
    "kingma2018glow": _arxiv(
        "Kingma, Diederik P. and Dhariwal, Prafulla",
        "Glow: Generative Flow with Invertible 1x1 Convolutions",
        2018,
        "1807.03039",
        _NEURIPS,
    ),
    "germain2015made": _arxiv(
        "Germain, Mathieu and Gregor, Karol and Murray, Iain and Larochelle, Hugo",
        "{MADE}: Masked Autoencoder for Distribution Estimation",
        2015,
        "1502.03509",
        _ICML,
    ),
    "papamakarios2017masked": _arxiv(
        "Papamakarios, George and Pavlakou, Theo and Murray, Iain",
        "Masked Autoregressive Flow for Density Estimation",
        2017,
        "1705.07057",
        _NEURIPS,
    ),
    "kingma2016improving": _arxiv(
        "Kingma, Diederik P. and Salimans, Tim and Jozefowicz, Rafal and Chen, Xi and "
        "Sutskever, Ilya and Welling, Max",
        "Improved Variational Inference with Inverse Autoregressive Flow",
        2016,
        "1606.04934",
        _NEURIPS,
    ),
    "oord2017parallel": _arxiv(
        "van den Oord, Aaron and Li, Yazhe and Babuschkin, Igor and Simonyan, Karen "
        "and Vinyals, Oriol and Kavukcuoglu, Koray and others",
        "Parallel {WaveNet}: Fast High-Fidelity Speech Synthesis",
        2018,
        "1711.10433",
        _ICML,
    ),
    "durkan2019neural": _arxiv(
        "Durkan, Conor and Bekasov, Artur and Murray, Iain and Papamakarios, George",
        "Neural Spline Flows",
        2019,
        "1906.04032",
        _NEURIPS,
    ),
    "kingma2013auto": _arxiv(
        "Kingma, Diederik P. and Welling, Max",
        "Auto-Encoding Variational {Bayes}",
        2014,
        "1312.6114",
        _ICLR,
    ),
    "goodfellow2014generative": _arxiv(
        "Goodfellow, Ian J. and Pouget-Abadie, Jean and Mirza, Mehdi and Xu, Bing and "
        "Warde-Farley, David and Ozair, Sherjil and Courville, Aaron and Bengio, "
        "Yoshua",
        "Generative Adversarial Nets",
        2014,
        "1406.2661",
        _NEURIPS,
    ),
    "mirza2014conditional": _arxiv(
        "Mirza, Mehdi and Osindero, Simon",
        "Conditional Generative Adversarial Nets",
        2014,
        "1411.1784",
    ),
    "zhu2017unpaired": _arxiv(
        "Zhu, Jun-Yan and Park, Taesung and Isola, Phillip and Efros, Alexei A.",
        "Unpaired Image-to-Image Translation Using Cycle-Consistent Adversarial "
        "Networks",
        2017,
        "1703.10593",
        _ICCV,
    ),
    "hinton2006reducing": Paper(
        "Hinton, Geoffrey E. and Salakhutdinov, Ruslan R.",
        "Reducing the Dimensionality of Data with Neural Networks",
        2006,
        "Science",
        doi="10.1126/science.1127647",
        volume="313",
        pages="504--507",
        kind="article",
    ),
    "oord2017neural": _arxiv(
        "van den Oord, Aaron and Vinyals, Oriol and Kavukcuoglu, Koray",
        "Neural Discrete Representation Learning",
        2017,
        "1711.00937",
        _NEURIPS,
    ),
    "song2019generative": _arxiv(
        "Song, Yang and Ermon, Stefano",
        "Generative Modeling by Estimating Gradients of the Data Distribution",
        2019,
        "1907.05600",
        _NEURIPS,
    ),
    "du2019implicit": _arxiv(
        "Du, Yilun and Mordatch, Igor",
        "Implicit Generation and Modeling with Energy Based Models",
        2019,
        "1903.08689",
        _NEURIPS,
    ),
    "radford2018improving": Paper(
        "Radford, Alec and Narasimhan, Karthik and Salimans, Tim and Sutskever, Ilya",
        "Improving Language Understanding by Generative Pre-Training",
        2018,
        "OpenAI",
        kind="techreport",
    ),
    "uria2013rnade": _arxiv(
        "Uria, Benigno and Murray, Iain and Larochelle, Hugo",
        "{RNADE}: The Real-Valued Neural Autoregressive Density-Estimator",
        2013,
        "1306.0186",
        _NEURIPS,
    ),
}

# Variants, samplers, optimisers and data

OTHER_PAPERS: dict[str, Paper] = {
    "higgins2017beta": Paper(
        "Higgins, Irina and Matthey, Loic and Pal, Arka and Burgess, Christopher and "
        "Glorot, Xavier and Botvinick, Matthew and Mohamed, Shakir and Lerchner, "
        "Alexander",
        "beta-{VAE}: Learning Basic Visual Concepts with a Constrained Variational "
        "Framework",
        2017,
        _ICLR,
    ),
    "burda2015importance": _arxiv(
        "Burda, Yuri and Grosse, Roger and Salakhutdinov, Ruslan",
        "Importance Weighted Autoencoders",
        2016,
        "1509.00519",
        _ICLR,
    ),
    "arjovsky2017wasserstein": _arxiv(
        "Arjovsky, Martin and Chintala, Soumith and Bottou, L{\\'e}on",
        "Wasserstein Generative Adversarial Networks",
        2017,
        "1701.07875",
        _ICML,
    ),
    "gulrajani2017improved": _arxiv(
        "Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent "
        "and Courville, Aaron",
        "Improved Training of {Wasserstein} {GANs}",
        2017,
        "1704.00028",
        _NEURIPS,
    ),
    "mao2017least": _arxiv(
        "Mao, Xudong and Li, Qing and Xie, Haoran and Lau, Raymond Y. K. and Wang, "
        "Zhen and Smolley, Stephen Paul",
        "Least Squares Generative Adversarial Networks",
        2017,
        "1611.04076",
        _ICCV,
    ),
    "lim2017geometric": _arxiv(
        "Lim, Jae Hyun and Ye, Jong Chul", "Geometric {GAN}", 2017, "1705.02894"
    ),
    "mescheder2018which": _arxiv(
        "Mescheder, Lars and Geiger, Andreas and Nowozin, Sebastian",
        "Which Training Methods for {GANs} Do Actually Converge?",
        2018,
        "1801.04406",
        _ICML,
    ),
    "miyato2018spectral": _arxiv(
        "Miyato, Takeru and Kataoka, Toshiki and Koyama, Masanori and Yoshida, Yuichi",
        "Spectral Normalization for Generative Adversarial Networks",
        2018,
        "1802.05957",
        _ICLR,
    ),
    "miyato2018cgans": _arxiv(
        "Miyato, Takeru and Koyama, Masanori",
        "{cGANs} with Projection Discriminator",
        2018,
        "1802.05637",
        _ICLR,
    ),
    "karras2018style": _arxiv(
        "Karras, Tero and Laine, Samuli and Aila, Timo",
        "A Style-Based Generator Architecture for Generative Adversarial Networks",
        2019,
        "1812.04948",
        _CVPR,
    ),
    "vincent2011connection": Paper(
        "Vincent, Pascal",
        "A Connection Between Score Matching and Denoising Autoencoders",
        2011,
        "Neural Computation",
        doi="10.1162/NECO_a_00142",
        volume="23",
        pages="1661--1674",
        kind="article",
    ),
    "hyvarinen2005estimation": Paper(
        'Hyv{\\"a}rinen, Aapo',
        "Estimation of Non-Normalized Statistical Models by Score Matching",
        2005,
        "Journal of Machine Learning Research",
        volume="6",
        pages="695--709",
        kind="article",
    ),
    "song2019sliced": _arxiv(
        "Song, Yang and Garg, Sahaj and Shi, Jiaxin and Ermon, Stefano",
        "Sliced Score Matching: A Scalable Approach to Density and Score Estimation",
        2019,
        "1905.07088",
        "Conference on Uncertainty in Artificial Intelligence",
    ),
    "vaswani2017attention": _arxiv(
        "Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and Uszkoreit, Jakob and "
        "Jones, Llion and Gomez, Aidan N. and Kaiser, {\\L}ukasz and Polosukhin, Illia",
        "Attention Is All You Need",
        2017,
        "1706.03762",
        _NEURIPS,
    ),
    "grathwohl2018ffjord": _arxiv(
        "Grathwohl, Will and Chen, Ricky T. Q. and Bettencourt, Jesse and Sutskever, "
        "Ilya and Duvenaud, David",
        "{FFJORD}: Free-Form Continuous Dynamics for Scalable Reversible Generative "
        "Models",
        2019,
        "1810.01367",
        _ICLR,
    ),
    "albergo2022building": _arxiv(
        "Albergo, Michael S. and Vanden-Eijnden, Eric",
        "Building Normalizing Flows with Stochastic Interpolants",
        2023,
        "2209.15571",
        _ICLR,
    ),
    "tong2023improving": Paper(
        "Tong, Alexander and Fatras, Kilian and Malkin, Nikolay and Huguet, Guillaume "
        "and Zhang, Yanlei and Rector-Brooks, Jarrid and Wolf, Guy and Bengio, Yoshua",
        "Improving and Generalizing Flow-Based Generative Models with Minibatch "
        "Optimal Transport",
        2024,
        "Transactions on Machine Learning Research",
        "2302.00482",
        kind="article",
    ),
    "pooladian2023multisample": _arxiv(
        "Pooladian, Aram-Alexandre and Ben-Hamu, Heli and Domingo-Enrich, Carles and "
        "Amos, Brandon and Lipman, Yaron and Chen, Ricky T. Q.",
        "Multisample Flow Matching: Straightening Flows with Minibatch Couplings",
        2023,
        "2304.14772",
        _ICML,
    ),
    "ho2022classifier": _arxiv(
        "Ho, Jonathan and Salimans, Tim",
        "Classifier-Free Diffusion Guidance",
        2022,
        "2207.12598",
    ),
    "kynkaanniemi2024applying": _arxiv(
        'Kynk{\\"a}{\\"a}nniemi, Tuomas and Aittala, Miika and Karras, Tero and Laine, '
        "Samuli and Aila, Timo and Lehtinen, Jaakko",
        "Applying Guidance in a Limited Interval Improves Sample and Distribution "
        "Quality in Diffusion Models",
        2024,
        "2404.07724",
        _NEURIPS,
    ),
    "nichol2021improved": _arxiv(
        "Nichol, Alex and Dhariwal, Prafulla",
        "Improved Denoising Diffusion Probabilistic Models",
        2021,
        "2102.09672",
        _ICML,
    ),
    "salimans2022progressive": _arxiv(
        "Salimans, Tim and Ho, Jonathan",
        "Progressive Distillation for Fast Sampling of Diffusion Models",
        2022,
        "2202.00512",
        _ICLR,
    ),
    "lee2024improving": _arxiv(
        "Lee, Sangyun and Lin, Zinan and Fanti, Giulia",
        "Improving the Training of Rectified Flows",
        2024,
        "2405.20320",
        _NEURIPS,
    ),
    "esser2024scaling": _arxiv(
        "Esser, Patrick and Kulal, Sumith and Blattmann, Andreas and Entezari, Rahim "
        'and M{\\"u}ller, Jonas and Saini, Harry and Levi, Yam and Lorenz, Dominik and '
        "Sauer, Axel and Boesel, Frederic and Podell, Dustin and Dockhorn, Tim and "
        "English, Zion and Rombach, Robin",
        "Scaling Rectified Flow Transformers for High-Resolution Image Synthesis",
        2024,
        "2403.03206",
        _ICML,
    ),
    "hang2023efficient": _arxiv(
        "Hang, Tiankai and Gu, Shuyang and Li, Chen and Bao, Jianmin and Chen, Dong "
        "and Hu, Han and Geng, Xin and Guo, Baining",
        "Efficient Diffusion Training via Min-{SNR} Weighting Strategy",
        2023,
        "2303.09556",
        _ICCV,
    ),
    "lin2023common": _arxiv(
        "Lin, Shanchuan and Liu, Bingchen and Li, Jiashi and Yang, Xiao",
        "Common Diffusion Noise Schedules and Sample Steps Are Flawed",
        2024,
        "2305.08891",
        "IEEE/CVF Winter Conference on Applications of Computer Vision",
    ),
    "song2021maximum": _arxiv(
        "Song, Yang and Durkan, Conor and Murray, Iain and Ermon, Stefano",
        "Maximum Likelihood Training of Score-Based Diffusion Models",
        2021,
        "2101.09258",
        _NEURIPS,
    ),
    "kazemi2019time2vec": _arxiv(
        "Kazemi, Seyed Mehran and Goel, Rishab and Eghbali, Sepehr and Ramanan, "
        "Janahan and Sahota, Jaspreet and Thakur, Sanjay and Wu, Stella and Smyth, "
        "Cathal and Poupart, Pascal and Brubaker, Marcus",
        "Time2Vec: Learning a Vector Representation of Time",
        2019,
        "1907.05321",
    ),
    "tancik2020fourier": _arxiv(
        "Tancik, Matthew and Srinivasan, Pratul P. and Mildenhall, Ben and "
        "Fridovich-Keil, Sara and Raghavan, Nithin and Singhal, Utkarsh and "
        "Ramamoorthi, Ravi and Barron, Jonathan T. and Ng, Ren",
        "{Fourier} Features Let Networks Learn High Frequency Functions in Low "
        "Dimensional Domains",
        2020,
        "2006.10739",
        _NEURIPS,
    ),
    "dhariwal2020jukebox": _arxiv(
        "Dhariwal, Prafulla and Jun, Heewoo and Payne, Christine and Kim, Jong Wook "
        "and Radford, Alec and Sutskever, Ilya",
        "Jukebox: A Generative Model for Music",
        2020,
        "2005.00341",
    ),
    "sonderby2016ladder": _arxiv(
        "S{\\o}nderby, Casper Kaae and Raiko, Tapani and Maal{\\o}e, Lars and "
        "S{\\o}nderby, S{\\o}ren Kaae and Winther, Ole",
        "Ladder Variational Autoencoders",
        2016,
        "1602.02282",
        _NEURIPS,
    ),
    "oord2016pixel": _arxiv(
        "van den Oord, Aaron and Kalchbrenner, Nal and Kavukcuoglu, Koray",
        "Pixel Recurrent Neural Networks",
        2016,
        "1601.06759",
        _ICML,
    ),
    "fan2018hierarchical": _arxiv(
        "Fan, Angela and Lewis, Mike and Dauphin, Yann",
        "Hierarchical Neural Story Generation",
        2018,
        "1805.04833",
        "Annual Meeting of the Association for Computational Linguistics",
    ),
    "uria2014deep": _arxiv(
        "Uria, Benigno and Murray, Iain and Larochelle, Hugo",
        "A Deep and Tractable Density Estimator",
        2014,
        "1310.1757",
        _ICML,
    ),
    "ioffe2015batch": _arxiv(
        "Ioffe, Sergey and Szegedy, Christian",
        "Batch Normalization: Accelerating Deep Network Training by Reducing Internal "
        "Covariate Shift",
        2015,
        "1502.03167",
        _ICML,
    ),
    "dhariwal2021diffusion": _arxiv(
        "Dhariwal, Prafulla and Nichol, Alex",
        "Diffusion Models Beat {GANs} on Image Synthesis",
        2021,
        "2105.05233",
        _NEURIPS,
    ),
    "johnson2016composing": _arxiv(
        "Johnson, Matthew J. and Duvenaud, David and Wiltschko, Alexander B. and "
        "Datta, Sandeep R. and Adams, Ryan P.",
        "Composing Graphical Models with Neural Networks for Structured "
        "Representations and Fast Inference",
        2016,
        "1603.06277",
        _NEURIPS,
    ),
    "rothfuss2019noise": _arxiv(
        "Rothfuss, Jonas and Ferreira, Fabio and Boehm, Simon and Walther, Simon and "
        "Ulrich, Maxim and Asfour, Tamim and Krause, Andreas",
        "Noise Regularization for Conditional Density Estimation",
        2019,
        "1907.08982",
    ),
    "hairer1993solving": Paper(
        "Hairer, Ernst and N{\\o}rsett, Syvert P. and Wanner, Gerhard",
        "Solving Ordinary Differential Equations {I}: Nonstiff Problems",
        1993,
        "Springer",
        doi="10.1007/978-3-540-78862-1",
        kind="book",
    ),
    "dormand1980family": Paper(
        "Dormand, John R. and Prince, Peter J.",
        "A Family of Embedded {Runge-Kutta} Formulae",
        1980,
        "Journal of Computational and Applied Mathematics",
        doi="10.1016/0771-050X(80)90013-3",
        volume="6",
        pages="19--26",
        kind="article",
    ),
    "song2020denoising": _arxiv(
        "Song, Jiaming and Meng, Chenlin and Ermon, Stefano",
        "Denoising Diffusion Implicit Models",
        2021,
        "2010.02502",
        _ICLR,
    ),
    "lu2022dpm": _arxiv(
        "Lu, Cheng and Zhou, Yuhao and Bao, Fan and Chen, Jianfei and Li, Chongxuan "
        "and Zhu, Jun",
        "{DPM-Solver++}: Fast Solver for Guided Sampling of Diffusion Probabilistic "
        "Models",
        2022,
        "2211.01095",
    ),
    "kingma2014adam": _arxiv(
        "Kingma, Diederik P. and Ba, Jimmy",
        "Adam: A Method for Stochastic Optimization",
        2015,
        "1412.6980",
        _ICLR,
    ),
    "zhang2019lookahead": _arxiv(
        "Zhang, Michael R. and Lucas, James and Hinton, Geoffrey and Ba, Jimmy",
        "Lookahead Optimizer: k steps forward, 1 step back",
        2019,
        "1907.08610",
        _NEURIPS,
    ),
    "loshchilov2017decoupled": _arxiv(
        "Loshchilov, Ilya and Hutter, Frank",
        "Decoupled Weight Decay Regularization",
        2019,
        "1711.05101",
        _ICLR,
    ),
    "loshchilov2016sgdr": _arxiv(
        "Loshchilov, Ilya and Hutter, Frank",
        "{SGDR}: Stochastic Gradient Descent with Warm Restarts",
        2017,
        "1608.03983",
        _ICLR,
    ),
    "robbins1951stochastic": Paper(
        "Robbins, Herbert and Monro, Sutton",
        "A Stochastic Approximation Method",
        1951,
        "The Annals of Mathematical Statistics",
        doi="10.1214/aoms/1177729586",
        volume="22",
        pages="400--407",
        kind="article",
    ),
    "tieleman2012lecture": Paper(
        "Tieleman, Tijmen and Hinton, Geoffrey",
        "Lecture 6.5: {RMSProp}: Divide the Gradient by a Running Average of Its "
        "Recent Magnitude",
        2012,
        "Coursera: Neural Networks for Machine Learning",
        kind="misc",
    ),
    "polyak1992acceleration": Paper(
        "Polyak, Boris T. and Juditsky, Anatoli B.",
        "Acceleration of Stochastic Approximation by Averaging",
        1992,
        "SIAM Journal on Control and Optimization",
        doi="10.1137/0330046",
        volume="30",
        pages="838--855",
        kind="article",
    ),
    "fisher1936use": Paper(
        "Fisher, Ronald A.",
        "The Use of Multiple Measurements in Taxonomic Problems",
        1936,
        "Annals of Eugenics",
        doi="10.1111/j.1469-1809.1936.tb02137.x",
        volume="7",
        pages="179--188",
        kind="article",
    ),
    "aeberhard1992wine": Paper(
        "Aeberhard, Stefan and Forina, M.",
        "Wine",
        1992,
        _UCI,
        doi="10.24432/C5PC7J",
        kind="misc",
    ),
    "alpaydin1998optical": Paper(
        "Alpaydin, Ethem and Kaynak, Cenk",
        "Optical Recognition of Handwritten Digits",
        1998,
        _UCI,
        doi="10.24432/C50P49",
        kind="misc",
    ),
    "tenenbaum2000global": Paper(
        "Tenenbaum, Joshua B. and de Silva, Vin and Langford, John C.",
        "A Global Geometric Framework for Nonlinear Dimensionality Reduction",
        2000,
        "Science",
        doi="10.1126/science.290.5500.2319",
        volume="290",
        pages="2319--2323",
        kind="article",
    ),
}

PAPERS: dict[str, Paper] = {**MODEL_PAPERS, **OTHER_PAPERS}
