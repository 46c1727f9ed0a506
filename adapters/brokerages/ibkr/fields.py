"""Attributes and fields of IBKR's rows, mapped or knowingly ignored; any other is counted and reported."""

from adapters.kit.rows import names

_ALL = names(
    "element event assetCategory accountId currency fxRateToBase symbol conid cusip isin figi"
    " description listingExchange multiplier strike expiry putCall reportDate acctAlias model"
    " securityID securityIDType principalAdjustFactor underlyingConid underlyingSecurityID"
    " underlyingSymbol underlyingListingExchange issuer subCategory"
)
KNOWN = {
    "Trade": _ALL
    | names(
        "transactionType openCloseIndicator buySell orderType tradeID tradeDate tradeTime"
        " settleDateTarget exchange quantity tradePrice tradeMoney proceeds netCash netCashInBase taxes"
        " ibCommission ibCommissionCurrency closePrice notes cost mtmPnl origTradePrice origTradeDate"
        " origTradeID origOrderID openDateTime fifoPnlRealized capitalGainsPnl levelOfDetail ibOrderID"
        " orderTime changeInPrice changeInQuantity fxPnl clearingFirmID transactionID"
        " holdingPeriodDateTime ibExecID brokerageOrderID orderReference volatilityOrderLink exchOrderId"
        " extExecID traderID isAPIOrder dateTime sedol whenRealized whenReopened accruedInt serialNumber"
        " deliveryType commodityType fineness weight relatedTradeID relatedTransactionID origTransactionID"
        " issuerCountryCode rtn initialInvestment positionActionID"
    ),
    "OptionEAE": _ALL
    | names(
        "transactionType date quantity tradePrice markPrice proceeds commisionsAndTax costBasis"
        " realizedPnl capitalGainsPnl fxPnl mtmPnl tradeID relatedTradeID issuerCountryCode"
        " origTransactionID relatedTransactionID rtn initialInvestment serialNumber deliveryType"
        " commodityType fineness weight dateTime"
    ),
    "CashTransaction": _ALL
    | names(
        "type amount dateTime sedol tradeID code transactionID clientReference settleDate actionID"
        " levelOfDetail serialNumber deliveryType commodityType fineness weight issuerCountryCode"
        " availableForTradingDate exDate"
    ),
    "Transfer": _ALL
    | names(
        "type direction date dateTime account deliveringBroker quantity transferPrice positionAmount"
        " positionAmountInBase capitalGainsPnl cashTransfer code clientReference sedol company accountName"
        " pnlAmount pnlAmountInBase fxPnl transactionID serialNumber deliveryType commodityType fineness"
        " weight settleDate issuerCountryCode levelOfDetail positionInstructionID positionInstructionSetID"
    ),
    "CorporateAction": _ALL
    | names(
        "actionID actionDescription dateTime amount quantity fifoPnlRealized capitalGainsPnl fxPnl mtmPnl"
        " type code sedol proceeds value transactionID levelOfDetail serialNumber deliveryType"
        " commodityType fineness weight issuerCountryCode costBasis"
    ),
    "TransactionTax": _ALL
    | names(
        "date taxDescription quantity taxAmount tradeId tradePrice source code levelOfDetail"
        " transactionID settleDate"
    ),
    "OpenPosition": _ALL
    | names(
        "side position markPrice positionValue openPrice costBasisPrice costBasisMoney fifoPnlUnrealized"
        " levelOfDetail openDateTime holdingPeriodDateTime issuerCountryCode code originatingOrderID"
        " originatingTransactionID accruedInt sedol percentOfNAV positionValueInBase"
        " unrealizedCapitalGainsPnl unrealizedlFxPnl vestingDate serialNumber deliveryType commodityType"
        " fineness weight"
    ),
}
# Levels of detail that sum up what other rows tell one by one.
SUMS = names("SUMMARY ORDER SYMBOL_SUMMARY ASSET_SUMMARY LOT CLOSED_LOT")
# Elements that stand beside trades and are no trades: the same money once more.
BESIDE_TRADES = names("Order SymbolSummary AssetSummary Lot WashSale")
# Elements and sections that tell of other things than transactions.
OTHER_ELEMENTS = names(
    "AccountInformation EquitySummaryByReportDateInBase CashReportCurrency OpenPosition SecurityInfo"
    " ConversionRate ChangeInNAV MTMPerformanceSummaryUnderlying FIFOPerformanceSummaryUnderlying"
    " StatementOfFundsLine ChangeInPositionValue OpenDividendAccrual ChangeInDividendAccrual"
    " InterestAccrualsCurrency TierInterestDetail UnbundledCommissionDetail PriorPeriodPosition"
    " NetStockPosition FxPosition FxLot FxTransaction UnsettledTransfer TransactionTaxes SLBActivity"
    " SLBFee SLBOpenContract SLBCollateral HardToBorrowDetail"
)

ACCOUNT = names(
    "id PrepaidCrypto-Z PrepaidCrypto-P brokerageAccess accountId accountVan accountTitle displayName"
    " accountAlias accountStatus currency type tradingType businessType category ibEntity faclient"
    " clearingStatus covestor noClientTrading trackVirtualFXPortfolio acctCustType parent desc"
)
LEDGER = names(
    "commoditymarketvalue futuremarketvalue settledcash exchangerate sessionid cashbalance"
    " corporatebondsmarketvalue warrantsmarketvalue netliquidationvalue interest unrealizedpnl"
    " stockmarketvalue moneyfunds currency realizedpnl funds acctcode issueroptionsmarketvalue key"
    " timestamp severity stockoptionmarketvalue futuresonlypnl tbondsmarketvalue"
    " futureoptionmarketvalue cashbalancefxsegment secondkey tbillsmarketvalue endofbundle dividends"
    " cryptocurrencyvalue"
)
# What a ledger says that is held: all zero proves that nothing is.
HELD = (
    "stockmarketvalue", "stockoptionmarketvalue", "funds", "moneyfunds", "corporatebondsmarketvalue",
    "tbondsmarketvalue", "tbillsmarketvalue", "warrantsmarketvalue", "issueroptionsmarketvalue",
    "futuremarketvalue", "futureoptionmarketvalue", "commoditymarketvalue", "cryptocurrencyvalue",
)  # fmt: skip
POSITION = names(
    "acctId conid contractDesc position mktPrice mktValue currency avgCost avgPrice realizedPnl"
    " unrealizedPnl exchs expiry putOrCall multiplier strike exerciseStyle conExchMap assetClass undConid"
    " model time chineseName allExchanges listingExchange countryCode name lastTradingDay group sector"
    " sectorGroup ticker type hasOptions fullName isUS incrementRules displayRule isEventContract pageSize"
    " baseMktValue baseMktPrice baseAvgCost baseAvgPrice baseRealizedPnl baseUnrealizedPnl undSym undComp"
)
WEB_TRADE = names(
    "execution_id symbol supports_tax_opt side order_description trade_time trade_time_r size price"
    " order_ref submitter exchange commission net_amount account accountCode acountCode"
    " account_allocation_name company_name contract_description_1 sec_type listing_exchange conid conidEx"
    " conidex clearing_id clearing_name liquidation_trade is_event_trading order_id"
)
