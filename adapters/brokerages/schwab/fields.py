"""The fields of Schwab's rows that are mapped or knowingly ignored; any other is counted and reported."""

from adapters.kit.rows import names

ACCOUNT = names(
    "type accountNumber roundTrips isDayTrader isClosingOnlyRestricted pfcbFlag isForeign positions"
    " initialBalances currentBalances projectedBalances"
)
BALANCES = names(
    "accruedInterest cashBalance cashReceipts longOptionMarketValue liquidationValue longMarketValue"
    " moneyMarketFund savings shortMarketValue pendingDeposits mutualFundValue bondValue"
    " shortOptionMarketValue availableFunds availableFundsNonMarginableTrade buyingPower"
    " buyingPowerNonMarginableTrade dayTradingBuyingPower equity equityPercentage longMarginValue"
    " maintenanceCall maintenanceRequirement marginBalance regTCall shortBalance shortMarginValue sma"
    " cashAvailableForTrading cashAvailableForWithdrawal cashCall longNonMarginableMarketValue totalCash"
    " cashDebitCallValue unsettledCash"
)
POSITION = names(
    "shortQuantity averagePrice currentDayProfitLoss currentDayProfitLossPercentage longQuantity"
    " settledLongQuantity settledShortQuantity instrument marketValue maintenanceRequirement"
    " averageLongPrice averageShortPrice taxLotAverageLongPrice taxLotAverageShortPrice longOpenProfitLoss"
    " shortOpenProfitLoss previousSessionLongQuantity previousSessionShortQuantity currentDayCost"
)
TRANSACTION = names(
    "activityId time accountNumber type status subAccount tradeDate settlementDate positionId orderId"
    " netAmount transferItems description activityType user"
)
LEG = names("instrument amount cost price feeType positionEffect")
INSTRUMENT = names(
    "assetType cusip symbol description netChange type putCall underlyingSymbol optionMultiplier status"
    " instrumentId closingPrice expirationDate optionDeliverables optionPremiumMultiplier strikePrice"
    " maturityDate factor variableRate exchange"
)
