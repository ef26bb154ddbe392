//! TempCNN: Pelletier, Webb, Petitjean 2019 (10.3390/rs11050523).
