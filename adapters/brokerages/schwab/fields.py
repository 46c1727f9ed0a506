"""The fields of Schwab's rows that are mapped or knowingly ignored; any other is counted and reported."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACCOUNT = _names(
    "type accountNumber roundTrips isDayTrader isClosingOnlyRestricted pfcbFlag isForeign positions"
    " initialBalances currentBalances projectedBalances"
)
BALANCES = _names(
    "accruedInterest cashBalance cashReceipts longOptionMarketValue liquidationValue longMarketValue"
    " moneyMarketFund savings shortMarketValue pendingDeposits mutualFundValue bondValue"
    " shortOptionMarketValue availableFunds availableFundsNonMarginableTrade buyingPower"
    " buyingPowerNonMarginableTrade dayTradingBuyingPower equity equityPercentage longMarginValue"
    " maintenanceCall maintenanceRequirement marginBalance regTCall shortBalance shortMarginValue sma"
    " cashAvailableForTrading cashAvailableForWithdrawal cashCall longNonMarginableMarketValue totalCash"
    " cashDebitCallValue unsettledCash"
)
POSITION = _names(
    "shortQuantity averagePrice currentDayProfitLoss currentDayProfitLossPercentage longQuantity"
    " settledLongQuantity settledShortQuantity instrument marketValue maintenanceRequirement"
    " averageLongPrice averageShortPrice taxLotAverageLongPrice taxLotAverageShortPrice longOpenProfitLoss"
    " shortOpenProfitLoss previousSessionLongQuantity previousSessionShortQuantity currentDayCost"
)
TRANSACTION = _names(
    "activityId time accountNumber type status subAccount tradeDate settlementDate positionId orderId"
    " netAmount transferItems description activityType user"
)
LEG = _names("instrument amount cost price feeType positionEffect")
INSTRUMENT = _names(
    "assetType cusip symbol description netChange type putCall underlyingSymbol optionMultiplier status"
    " instrumentId closingPrice expirationDate optionDeliverables optionPremiumMultiplier strikePrice"
    " maturityDate factor variableRate exchange"
)
